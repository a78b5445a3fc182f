import type { X509Certificate } from "node:crypto";
import type { Logger } from "pino";

const dayMs = 24 * 60 * 60 * 1000;

/**
 * Creates a function that logs once that a certificate expires soon, and once that it has expired. Soon means that a
 * tenth of its lifetime is left, or 30 days if that is less. Call the function regularly.
 */
export function createExpiryLog(logger: Logger): (certificate: X509Certificate) => void {
  let lastLogged = "";
  return (certificate) => {
    const { fingerprint256, validFrom, validTo } = certificate;
    const leftMs = Date.parse(validTo) - Date.now();
    const warningMs = Math.min((Date.parse(validTo) - Date.parse(validFrom)) / 10, 30 * dayMs);
    if (leftMs > warningMs) {
      return;
    }
    const event = `${leftMs > 0 ? "expires soon" : "has expired"} ${fingerprint256}`;
    if (event === lastLogged) {
      return;
    }
    lastLogged = event;
    if (leftMs > 0) {
      logger.warn(describeCertificate(certificate), "the server's certificate expires soon");
    } else {
      logger.error(describeCertificate(certificate), "the server's certificate has expired: clients refuse it");
    }
  };
}

/** Returns the fields of a log line that identify a certificate. */
export function describeCertificate({ serialNumber, validTo }: X509Certificate): object {
  return { serialNumber, notAfter: new Date(validTo).toISOString() };
}
