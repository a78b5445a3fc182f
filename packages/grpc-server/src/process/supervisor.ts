import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { Lifecycle } from "../lifecycle.js";
import { onReload } from "./reload.js";
import type { PrimaryMessage, WorkerAddresses, WorkerMessage } from "./worker.js";

/** Options of {@link createSupervisor}. */
export interface SupervisorOptions {
  /** Number of worker processes. */
  readonly workers: number;
  /** Time that a worker may take to stop, in milliseconds, before it is killed. */
  readonly stopTimeoutMs: number;
  readonly logger: Logger;
}

/** End of a worker, for the log. */
interface WorkerExit {
  readonly workerPid: number;
  /** Failure that the worker reported. */
  readonly reason: string | undefined;
  readonly code: unknown;
  readonly signal: unknown;
}

const minBackoffMs = 100;
const maxBackoffMs = 5_000;
/** Age from which a worker counts as stable, so that its replacement starts with the shortest backoff again. */
const stableAfterMs = 10_000;

/**
 * Keeps a number of copies of this program running, each with its number, from 0; see `worker.ts`. Replaces those that
 * end. Starting it fails if the first worker ends before it serves, with the reason that it reported.
 */
export function createSupervisor({ workers: count, stopTimeoutMs, logger }: SupervisorOptions): Lifecycle<void> {
  const running = new Map<number, Worker>();
  /** Workers that receive messages: one that still loads would not. */
  const ready = new Set<Worker>();
  const serving = new Set<Worker>();
  const slots: Promise<void>[] = [];
  const stopping = new AbortController();
  let shutdownRequests = 0;
  let stopped: Promise<void> | undefined;
  let hasServed = false;
  /** End of a worker that served and did not stop in order. */
  let lost: Error | undefined;

  /**
   * Runs a worker to its end.
   *
   * @throws Error if the system starts no process.
   */
  async function runWorker(number: number, onServing: (addresses: WorkerAddresses) => void): Promise<WorkerExit> {
    const worker = cluster.fork({ WORKER_NUMBER: String(number) });
    if (worker.process.pid === undefined) {
      const [error] = await once(worker, "error");
      throw error;
    }
    worker.on("error", () => {
      // A message to a worker that has just ended: its exit is handled below.
    });
    let reason: string | undefined;
    worker.on("message", (message: WorkerMessage) => {
      if (message === "ready") {
        ready.add(worker);
        for (let request = 0; request < shutdownRequests; request++) {
          send(worker, "shutdown");
        }
      } else if ("failure" in message) {
        reason = message.failure;
      } else {
        hasServed = true;
        serving.add(worker);
        onServing(message);
      }
    });
    running.set(number, worker);
    const [[code, signal]] = await Promise.all([
      new Promise<unknown[]>((resolve) => worker.once("exit", (...exit) => resolve(exit))),
      // Its last message may arrive after its exit, and arrives before this.
      new Promise<void>((resolve) => worker.once("disconnect", resolve)),
    ]);
    running.delete(number);
    ready.delete(worker);
    if (serving.delete(worker) && stopping.signal.aborted && code !== 0) {
      lost = new Error(`worker ${number} ended with ${signal ?? code}${reason === undefined ? "" : `: ${reason}`}`);
    }
    return { workerPid: worker.process.pid, reason, code, signal };
  }

  /** Runs one worker after another until the shutdown. */
  async function runSlot(number: number, onServing: (addresses: WorkerAddresses) => void): Promise<void> {
    for (let backoffMs = minBackoffMs; !stopping.signal.aborted; backoffMs = Math.min(2 * backoffMs, maxBackoffMs)) {
      const startedAt = Date.now();
      const exit = await runWorker(number, onServing).catch((error: unknown) => ({ err: error }));
      if (stopping.signal.aborted) {
        return;
      }
      if (!hasServed) {
        stopping.abort();
        throw "err" in exit ? exit.err : new Error(exit.reason ?? `a worker ended with ${exit.signal ?? exit.code}`);
      }
      if (Date.now() - startedAt > stableAfterMs) {
        backoffMs = minBackoffMs;
      }
      logger.error({ worker: number, ...exit, backoffMs }, "worker ended; replacing it");
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => {
        // The shutdown cuts the wait short.
      });
    }
  }

  /** Starts a worker and resolves when it serves for the first time. */
  function startSlot(number: number): Promise<WorkerAddresses> {
    return new Promise((resolve, reject) => {
      const slot = runSlot(number, resolve);
      slot.catch((error: unknown) => {
        reject(error);
        if (hasServed) {
          // Ends the process: nothing would replace the worker.
          throw error;
        }
      });
      slots.push(slot);
    });
  }

  function sendAll(message: PrimaryMessage): void {
    for (const worker of ready) {
      send(worker, message);
    }
  }

  async function stop(): Promise<void> {
    logger.info({ workers: running.size }, "stopping the workers");
    stopping.abort();
    const timeout = setTimeout(() => {
      for (const [number, worker] of running) {
        logger.error({ worker: number, workerPid: worker.process.pid }, "worker does not stop; killing it");
        worker.process.kill("SIGKILL");
      }
    }, stopTimeoutMs);
    await Promise.allSettled(slots);
    clearTimeout(timeout);
    if (lost !== undefined) {
      throw lost;
    }
    logger.info("all workers stopped");
  }

  return {
    async start() {
      onReload(() => sendAll("reload"));
      // The first one alone, so that an address that cannot be bound is reported once.
      const addresses = await startSlot(0);
      await Promise.all(Array.from({ length: count - 1 }, (_, index) => startSlot(index + 1)));
      logger.info({ addresses, workers: count }, "all workers serve");
    },
    shutdown() {
      shutdownRequests++;
      sendAll("shutdown");
      stopped ??= stop();
      return stopped;
    },
  };
}

function send(worker: Worker, message: PrimaryMessage): void {
  // A worker that has just ended cannot be told, and need not be.
  worker.send(message, () => undefined);
}
