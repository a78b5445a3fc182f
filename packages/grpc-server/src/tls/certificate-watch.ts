import { setTimeout as delay } from "node:timers/promises";
import { reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import { createExpiryLog, describeCertificate } from "./certificate-expiry.js";
import {
  type CertificateFiles,
  type CertificateSnapshot,
  readCertificateFiles,
  type ServableCertificate,
} from "./certificate-files.js";
import { watchFiles } from "./file-watch.js";

/** Options of {@link watchCertificate}. */
export interface CertificateWatchOptions {
  readonly logger: Logger;
  /** Time for which changed files must stay the same before they are used, in milliseconds. Default 100. */
  readonly settleMs?: number;
  /** Interval at which the files are read if the system reports no change, in milliseconds. Default 10,000. */
  readonly pollMs?: number;
}

/**
 * Calls `serve` with the certificate in the files, now and after each change. The files may be written in place,
 * replaced by renaming, or swapped behind symbolic links as Kubernetes does. If the new files cannot be served, keeps
 * the last good certificate and logs one warning with the reason. Also warns before the certificate expires. Does not
 * keep the process alive.
 *
 * @throws Error with the file and its problem if the files cannot be served at the start.
 */
export async function watchCertificate(
  files: CertificateFiles,
  serve: (certificate: ServableCertificate) => void,
  { logger, settleMs = 100, pollMs = 10_000 }: CertificateWatchOptions,
): Promise<{ close(): void }> {
  const logExpiry = createExpiryLog(logger);
  let lastRead = await readCertificateFiles(files);
  let served = { ...lastRead.check(), state: lastRead.state };
  let refusedState: string | undefined;
  serve(served);
  logger.info(describeCertificate(served.certificate), "serving a certificate");

  function tryToServe({ state, check }: CertificateSnapshot): void {
    try {
      const next = { ...check(), state };
      serve(next);
      served = next;
      refusedState = undefined;
      logger.info(describeCertificate(served.certificate), "serving a new certificate");
    } catch (error) {
      // The files are checked at every poll, because a certificate may become valid later, but logged only once.
      if (refusedState !== state) {
        const fields = { reason: reasonOf(error), ...describeCertificate(served.certificate) };
        logger.warn(fields, "keeping the last good certificate");
      }
      refusedState = state;
    }
  }

  /** Reads the files once they have stopped changing: two files cannot be replaced at the same moment. */
  async function readSettled(): Promise<CertificateSnapshot> {
    let current = await readCertificateFiles(files);
    while (current.state !== lastRead.state) {
      lastRead = current;
      await delay(settleMs, undefined, { ref: false });
      current = await readCertificateFiles(files);
    }
    return current;
  }

  async function reload(): Promise<void> {
    const current = await readSettled();
    if (current.state !== served.state) {
      tryToServe(current);
    } else if (refusedState !== undefined) {
      refusedState = undefined;
      logger.info(describeCertificate(served.certificate), "the files contain the served certificate again");
    }
    logExpiry(served.certificate);
  }
  const paths = [files.certFile, files.keyFile, files.clientCaFile].filter((path) => path !== undefined);
  return watchFiles(paths, reload, { pollMs, logger });
}
