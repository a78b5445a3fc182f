import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import type { Lifecycle } from "../lifecycle.js";
import { forwardOutput } from "./forward-output.js";
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
/**
 * Longest wait for the last messages and output of a worker that has ended. They may not come to an end: Node loses track
 * of a connection that it was handing to the worker, and a program that the worker started may hold its pipes.
 */
const lastOutputMs = 1_000;
/** Age from which a worker counts as stable, so that its replacement starts with the shortest backoff again. */
const stableAfterMs = 10_000;

/**
 * Keeps a number of copies of this program running, each with its number, from 0; see `worker.ts`. Replaces those that
 * end. Starting it fails if one of the first ends before it serves, with the reason that it reported: its replacements
 * would fail, too.
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
    forwardOutput(worker.process, logger);
    const closed = Promise.all([once(worker, "disconnect"), once(worker.process, "close")]);
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
        serving.add(worker);
        onServing(message);
      }
    });
    running.set(number, worker);
    const [code, signal] = await new Promise<unknown[]>((resolve) => worker.once("exit", (...exit) => resolve(exit)));
    await Promise.race([closed, delay(lastOutputMs)]);
    running.delete(number);
    ready.delete(worker);
    if (serving.delete(worker) && stopping.signal.aborted && code !== 0) {
      lost = new Error(`worker ${number} ended with ${signal ?? code}${reason === undefined ? "" : `: ${reason}`}`);
    }
    return { workerPid: worker.process.pid, reason, code, signal };
  }

  /**
   * Runs one worker after another until the shutdown.
   *
   * @throws Error if the first one ends before it serves.
   */
  async function runSlot(number: number, onServing: (addresses: WorkerAddresses) => void): Promise<void> {
    let hasServed = false;
    const onFirst = (addresses: WorkerAddresses) => {
      hasServed = true;
      onServing(addresses);
    };
    for (let backoffMs = minBackoffMs; !stopping.signal.aborted; backoffMs = Math.min(2 * backoffMs, maxBackoffMs)) {
      const startedAt = Date.now();
      const exit = await runWorker(number, onFirst).catch((error: unknown) => ({ err: error }));
      if (stopping.signal.aborted) {
        return;
      }
      if (!hasServed) {
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
      slot.catch(reject);
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

  function shutdown(): Promise<void> {
    shutdownRequests++;
    sendAll("shutdown");
    stopped ??= stop();
    return stopped;
  }

  return {
    async start() {
      cluster.setupPrimary({ silent: true });
      onReload(() => sendAll("reload"));
      try {
        // The first one alone, so that an address that cannot be bound is reported once.
        const addresses = await startSlot(0);
        await Promise.all(Array.from({ length: count - 1 }, (_, index) => startSlot(index + 1)));
        logger.info({ addresses, workers: count }, "all workers serve");
      } catch (error) {
        if (running.size > 0) {
          logger.error({ reason: reasonOf(error) }, "a worker cannot start");
          // The first failure is the one to report.
          await Promise.allSettled([shutdown()]);
        }
        throw error;
      }
    },
    shutdown,
  };
}

function send(worker: Worker, message: PrimaryMessage): void {
  // A worker that has just ended cannot be told, and need not be.
  worker.send(message, () => undefined);
}
