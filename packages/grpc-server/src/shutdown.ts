import { setTimeout as delay, setImmediate as nextTurn } from "node:timers/promises";
import { type Server, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { ServiceLimiters } from "./calls/add-service.js";
import { StatusError } from "./calls/status-error.js";
import type { HealthState } from "./services/health.js";

/** Durations of the steps of a shutdown. */
export interface ShutdownTimes {
  /**
   * Time for which new calls are accepted after health turns NOT_SERVING, in milliseconds, so that load balancers
   * notice and stop sending. Default 0.
   */
  readonly shutdownDelayMs: number;
  /** Time that calls in progress have to finish before they are cancelled, in milliseconds. Default 10,000. */
  readonly shutdownGraceMs: number;
}

/** Parts of a server that a shutdown stops. */
export interface ShutdownSubject {
  readonly server: Server;
  readonly health: HealthState;
  /** Calls of the user's services. */
  readonly limiters: ServiceLimiters;
  /** Calls of health and reflection. */
  readonly standardLimiters: ServiceLimiters;
  readonly logger: Logger;
  /** Signals handlers of long-lived streams to finish. */
  drain(): void;
  /** Stops accepting connections. */
  closeListener(): void;
  /** Closes every connection and ends its calls. Resolves once all are closed. */
  closeConnections(): Promise<void>;
}

/**
 * Shuts a server down in order: turns health NOT_SERVING, waits for the delay, ends health watches, stops accepting
 * connections, and gives calls in progress the grace time to finish.
 *
 * @param forceSignal Signal that aborts to skip all waiting.
 */
export async function shutdown(
  subject: ShutdownSubject,
  { shutdownDelayMs, shutdownGraceMs }: ShutdownTimes,
  forceSignal: AbortSignal,
): Promise<void> {
  const { server, health, limiters, standardLimiters, logger } = subject;
  const { unary, streaming } = limiters;
  const calls = () => unary.active.length + streaming.active.length;
  logger.info({ shutdownDelayMs }, "shutting down: health is NOT_SERVING, calls are still accepted");
  health.setServing(false);
  await wait(shutdownDelayMs, forceSignal);

  logger.info({ watches: health.watches }, "ending health watches");
  subject.drain();
  // Streams that finish when they are drained, like health watches, end with OK even if the grace time is 0.
  await nextTurn();

  logger.info({ calls: calls(), shutdownGraceMs }, "draining: no new connections, calls in progress continue");
  subject.closeListener();
  const drained = new AbortController();
  const finished = new Promise<void>((resolve, reject) => {
    server.tryShutdown((error) => (error === undefined ? resolve() : reject(error)));
  }).finally(() => drained.abort());
  await wait(shutdownGraceMs, AbortSignal.any([forceSignal, drained.signal]));
  if (!drained.signal.aborted) {
    logger.warn({ calls: calls() }, "cancelling calls still in progress");
    const reason = new StatusError(status.UNAVAILABLE, "the server is shutting down");
    for (const { active } of [unary, streaming, standardLimiters.unary, standardLimiters.streaming]) {
      for (const call of [...active]) {
        call.end(reason);
      }
    }
    // Node may never report the end of a session whose socket is gone, which grpc-js would wait for.
    await Promise.race([finished, subject.closeConnections()]);
  } else {
    await finished;
  }
  logger.info("stopped");
}

/** Waits for the given time, or until the signal aborts. */
async function wait(ms: number, signal: AbortSignal): Promise<void> {
  if (ms > 0 && !signal.aborted) {
    await delay(ms, undefined, { signal }).catch(() => {
      // The delay rejects when the signal aborts, which is expected.
    });
  }
}
