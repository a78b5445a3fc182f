import type { X509Certificate } from "node:crypto";
import type { Logger } from "pino";

const day = 24 * 60 * 60 * 1000;

/**
 * Warns, once each time, that a certificate will expire, when less than a tenth of its life is left but not more than
 * 30 days, and that it has expired. Call it now and then.
 */
export function expiryLog(logger: Logger): (certificate: X509Certificate) => void {
  let said = "";
  return (certificate) => {
    const { fingerprint256, validFrom, validTo } = certificate;
    const left = Date.parse(validTo) - Date.now();
    const ahead = Math.min((Date.parse(validTo) - Date.parse(validFrom)) / 10, 30 * day);
    if (left > ahead) {
      return;
    }
    const saying = `${left > 0 ? "expires soon" : "has expired"} ${fingerprint256}`;
    if (saying === said) {
      return;
    }
    said = saying;
    if (left > 0) {
      logger.warn(describeCertificate(certificate), "the server's certificate expires soon");
    } else {
      logger.error(describeCertificate(certificate), "the server's certificate has expired: clients refuse it");
    }
  };
}

/** What tells a certificate from the one before it, for the log. */
export function describeCertificate({ serialNumber, validTo }: X509Certificate): object {
  return { serialNumber, notAfter: new Date(validTo).toISOString() };
}
