import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import { describeCertificate, expiryLog } from "./certificate-expiry.js";
import {
  type CertificateFiles,
  type CertificateSnapshot,
  readCertificateFiles,
  type ServableCertificate,
} from "./certificate-files.js";
import { watchFiles } from "./file-watch.js";

/** How {@link watchCertificate} goes about it. */
export interface CertificateWatchOptions {
  readonly logger: Logger;
  /** Files that have changed are judged when they have held still for so long. Default 100. */
  readonly settleMs?: number;
  /** How often to look at the files though the system has told of no change. Default 10,000. */
  readonly pollMs?: number;
}

/**
 * Calls `serve` with what the files hold, now and whenever they have changed: written in place, renamed over, or
 * swapped behind symbolic links as Kubernetes does. Where they cannot be served, the last good certificate stays, and
 * one warning tells why. Warns ahead of the expiry, too. Keeps no process alive.
 *
 * @throws Error which names the file and what is wrong with it, where they cannot be served from the start.
 */
export async function watchCertificate(
  files: CertificateFiles,
  serve: (certificate: ServableCertificate) => void,
  { logger, settleMs = 100, pollMs = 10_000 }: CertificateWatchOptions,
): Promise<{ close(): void }> {
  const logExpiry = expiryLog(logger);
  let seen = await readCertificateFiles(files);
  let served = { ...seen.check(), state: seen.state };
  let refused: string | undefined;
  serve(served);
  logger.info(describeCertificate(served.certificate), "serving a certificate");

  function judge({ state, check }: CertificateSnapshot): void {
    try {
      const next = { ...check(), state };
      serve(next);
      served = next;
      refused = undefined;
      logger.info(describeCertificate(served.certificate), "serving a new certificate");
    } catch (error) {
      // It is judged at every look, for time alone can make it valid, but told once.
      if (refused !== state) {
        const reason = error instanceof Error ? error.message : String(error);
        logger.warn({ reason, ...describeCertificate(served.certificate) }, "keeping the last good certificate");
      }
      refused = state;
    }
  }

  /** Two files are not replaced in one moment, nor is one written in one: waits until they hold still. */
  async function settled(): Promise<CertificateSnapshot> {
    let now = await readCertificateFiles(files);
    while (now.state !== seen.state) {
      seen = now;
      await delay(settleMs, undefined, { ref: false });
      now = await readCertificateFiles(files);
    }
    return now;
  }

  async function look(): Promise<void> {
    const now = await settled();
    if (now.state !== served.state) {
      judge(now);
    } else if (refused !== undefined) {
      refused = undefined;
      logger.info(describeCertificate(served.certificate), "serving what the files hold again");
    }
    logExpiry(served.certificate);
  }
  return watchFiles(Object.values(files), look, { pollMs, logger });
}
