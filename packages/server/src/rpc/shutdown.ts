import { setTimeout as delay } from "node:timers/promises";
import { type Server, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { Admission } from "./admission.js";
import type { Health } from "./health.js";

/** How long the steps of a shutdown may take. */
export interface ShutdownTimes {
  /**
   * How long calls are still accepted after health has turned NOT_SERVING, in milliseconds, so that load balancers see
   * it and stop sending. Default 0.
   */
  readonly shutdownDelayMs: number;
  /** How long calls in flight may then go on before they are cancelled, in milliseconds. Default 10,000. */
  readonly shutdownGraceMs: number;
}

/** What a shutdown stops. */
export interface ShutdownSubject {
  readonly server: Server;
  readonly health: Health;
  readonly admission: Admission;
  readonly logger: Logger;
  /** Ends streams that clients keep open for long, and that would otherwise hold up the end. */
  endStreams(): void;
  /** Stops accepting connections. */
  closeListener(): void;
  /** Cuts every connection, with what is on it. */
  cutConnections(): void;
}

/**
 * Stops a server in order: NOT_SERVING, the delay, no more watches and connections, the grace time, the end.
 *
 * @param hurry Aborts to skip all waiting.
 */
export async function shutdown(
  subject: ShutdownSubject,
  { shutdownDelayMs, shutdownGraceMs }: ShutdownTimes,
  hurry: AbortSignal,
): Promise<void> {
  const { server, health, admission, logger } = subject;
  logger.info({ shutdownDelayMs }, "shutting down: health is NOT_SERVING, calls are still accepted");
  health.setServing(false);
  await wait(shutdownDelayMs, hurry);

  logger.info({ watches: health.watches }, "ending the watches of health");
  health.endWatches();
  subject.endStreams();

  logger.info({ calls: admission.active, shutdownGraceMs }, "draining: no new connections, calls in flight go on");
  subject.closeListener();
  const drained = new AbortController();
  const finished = new Promise<void>((resolve, reject) => {
    server.tryShutdown((error) => (error === undefined ? resolve() : reject(error)));
  }).finally(() => drained.abort());
  await wait(shutdownGraceMs, AbortSignal.any([hurry, drained.signal]));
  if (!drained.signal.aborted) {
    logger.warn({ calls: admission.active }, "cancelling the calls still in flight");
    admission.answerAll({ code: status.UNAVAILABLE, details: "the server is shutting down" });
    subject.cutConnections();
  }
  await finished;
  logger.info("stopped");
}

/** Waits for a time, or less if the signal aborts. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) {
    await delay(ms, undefined, { signal }).catch(() => {
      // The delay rejects when it is cut short, as it should be.
    });
  }
}
