import cluster, { type Worker } from "node:cluster";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import type { Logger } from "pino";
import type { WorkerReport, WorkerServes } from "./worker.js";

/** What the primary process tells a worker: to stop in order, and the second time, to stop waiting. */
const shutdownCommand = "shutdown";

/** How worker processes are kept. */
export interface WorkersOptions {
  readonly count: number;
  /** How long a worker may take to stop, in milliseconds, before it is killed. */
  readonly stopTimeoutMs: number;
  readonly logger: Logger;
}

/** The processes that serve one address together. */
export interface Workers {
  /**
   * Starts all, and replaces whichever ends from then on.
   *
   * @throws Error where the first one ends before it serves, with what it said was wrong.
   */
  start(): Promise<void>;
  /** Stops all, and resolves when they are gone. A second call has them skip their waiting. */
  shutdown(): Promise<void>;
}

/** How a worker ended, for the log. */
interface WorkerEnd {
  readonly workerPid: number;
  /** What it said itself. */
  readonly reason: string | undefined;
  readonly code: unknown;
  readonly signal: unknown;
}

const minBackoffMs = 100;
const maxBackoffMs = 5_000;
/** What lived this long was sound, so its replacement starts with the shortest backoff again. */
const soundAfterMs = 10_000;

/** Keeps a number of copies of this program running, each with its number, from 0 on; see `worker.ts`. */
export function createWorkers({ count, stopTimeoutMs, logger }: WorkersOptions): Workers {
  const living = new Map<number, Worker>();
  /** Those that can be told to stop: one that still starts would not hear it. */
  const serving = new Set<Worker>();
  const kept: Promise<void>[] = [];
  const stopping = new AbortController();
  /** How often a shutdown was asked for. */
  let shutdowns = 0;
  let stopped: Promise<void> | undefined;
  let proven = false;

  /**
   * Runs a worker to its end.
   *
   * @throws Error where the system starts no process.
   */
  async function run(number: number, onServing: (addresses: WorkerServes) => void): Promise<WorkerEnd> {
    const worker = cluster.fork({ WORKER_NUMBER: String(number) });
    if (worker.process.pid === undefined) {
      const [error] = await once(worker, "error");
      throw error;
    }
    worker.on("error", () => {
      // A message to one that has just ended: its end is what counts.
    });
    let reason: string | undefined;
    worker.on("message", (report: WorkerReport) => {
      if ("failure" in report) {
        reason = report.failure;
        return;
      }
      proven = true;
      serving.add(worker);
      onServing(report);
      for (let time = 0; time < shutdowns; time++) {
        tellShutdown(worker);
      }
    });
    living.set(number, worker);
    const [[code, signal]] = await Promise.all([
      new Promise<unknown[]>((resolve) => worker.once("exit", (...end) => resolve(end))),
      // What it said last may come after its exit, and comes before this.
      new Promise<void>((resolve) => worker.once("disconnect", resolve)),
    ]);
    living.delete(number);
    serving.delete(worker);
    return { workerPid: worker.process.pid, reason, code, signal };
  }

  /** Runs one worker after the other until the shutdown. */
  async function keep(number: number, onServing: (addresses: WorkerServes) => void): Promise<void> {
    for (let backoffMs = minBackoffMs; !stopping.signal.aborted; backoffMs = Math.min(2 * backoffMs, maxBackoffMs)) {
      const startedAt = Date.now();
      const end = await run(number, onServing).catch((error: unknown) => ({ err: error }));
      if (stopping.signal.aborted) {
        return;
      }
      if (!proven) {
        stopping.abort();
        throw "err" in end ? end.err : new Error(end.reason ?? `a worker ended with ${end.signal ?? end.code}`);
      }
      if (Date.now() - startedAt > soundAfterMs) {
        backoffMs = minBackoffMs;
      }
      logger.error({ worker: number, ...end, backoffMs }, "worker ended; replacing it");
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => {
        // The shutdown cuts it short.
      });
    }
  }

  /** Starts a worker and resolves when it serves for the first time. */
  function start(number: number): Promise<WorkerServes> {
    return new Promise((resolve, reject) => {
      const life = keep(number, resolve);
      life.catch(reject);
      kept.push(life);
    });
  }

  async function stop(): Promise<void> {
    logger.info({ workers: living.size }, "stopping the workers");
    stopping.abort();
    const timeout = setTimeout(() => {
      for (const [number, worker] of living) {
        logger.error({ worker: number, workerPid: worker.process.pid }, "worker does not stop; killing it");
        worker.process.kill("SIGKILL");
      }
    }, stopTimeoutMs);
    await Promise.allSettled(kept);
    clearTimeout(timeout);
    logger.info("all workers stopped");
  }

  return {
    async start() {
      // The first one alone, so that an address that cannot be bound is said once.
      const addresses = await start(0);
      await Promise.all(Array.from({ length: count - 1 }, (_, index) => start(index + 1)));
      logger.info({ addresses, workers: count }, "all workers serve");
    },
    shutdown() {
      shutdowns++;
      serving.forEach(tellShutdown);
      stopped ??= stop();
      return stopped;
    },
  };
}

function tellShutdown(worker: Worker): void {
  // One that has just ended cannot be told, and need not be.
  worker.send(shutdownCommand, () => undefined);
}
