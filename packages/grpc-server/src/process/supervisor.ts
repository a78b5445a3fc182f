import cluster, { type Worker } from "node:cluster";
import { type EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { reasonOf } from "@hello/grpc-common";
import type { Logger } from "pino";
import type { Lifecycle } from "../lifecycle.js";
import { onReload } from "../reload.js";
import { forwardOutput } from "./forward-output.js";
import type { PrimaryMessage, WorkerAddresses, WorkerMessage } from "./worker.js";

/** Options of {@link createSupervisor}. */
export interface SupervisorOptions {
  /** Number of worker processes. */
  readonly workers: number;
  /** Time after which a worker that has not stopped is killed, in milliseconds. */
  readonly stopTimeoutMs: number;
  readonly logger: Logger;
}

/** Exit of a worker, for the log. */
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
 * Maximum wait for the last messages and output of a worker that has exited, in milliseconds. They may never end: Node
 * loses track of a connection that it was passing to the worker, and a program that the worker started may hold its
 * pipes.
 */
const outputTimeoutMs = 1_000;
/** Age at which a worker counts as stable, in milliseconds. Its exit resets the backoff. */
const stableAfterMs = 10_000;

/**
 * Creates a supervisor that runs copies of this program as worker processes, numbered from 0, and replaces those that
 * exit; see `worker.ts`. Its start fails if one of the first workers exits before it serves, with the reason that the
 * worker reported: a replacement would fail, too.
 */
export function createSupervisor({ workers: count, stopTimeoutMs, logger }: SupervisorOptions): Lifecycle<void> {
  const running = new Map<number, Worker>();
  /** Workers that can receive messages. A worker that is still loading cannot. */
  const ready = new Set<Worker>();
  const serving = new Set<Worker>();
  const slots: Promise<void>[] = [];
  const stopping = new AbortController();
  let shutdownRequests = 0;
  let stopped: Promise<void> | undefined;
  /** Failure of a worker that was serving when the shutdown began, and did not stop in order. */
  let workerFailure: Error | undefined;

  /**
   * Runs a worker until it exits.
   *
   * @throws Error if the process cannot be started.
   */
  async function runWorker(number: number, onServing: (addresses: WorkerAddresses) => void): Promise<WorkerExit> {
    const worker = cluster.fork({ WORKER_NUMBER: String(number) });
    if (worker.process.pid === undefined) {
      const [error] = await once(worker, "error");
      throw error;
    }
    forwardOutput(worker.process, logger);
    worker.on("error", () => {
      // A message could not be sent because the worker has just exited. The exit is handled below.
    });
    const exited = waitFor(worker, "exit");
    const closed = Promise.all([waitFor(worker, "disconnect"), waitFor(worker.process, "close")]);
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
    const [code, signal] = await exited;
    await Promise.race([closed, delay(outputTimeoutMs)]);
    running.delete(number);
    ready.delete(worker);
    if (serving.delete(worker) && stopping.signal.aborted && code !== 0) {
      workerFailure = new Error(
        `worker ${number} ${describeExit(code, signal)}${reason === undefined ? "" : `: ${reason}`}`,
      );
    }
    return { workerPid: worker.process.pid, reason, code, signal };
  }

  /**
   * Runs a worker and its replacements until the shutdown.
   *
   * @throws Error if the first worker exits before it serves.
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
        throw "err" in exit ? exit.err : new Error(exit.reason ?? `a worker ${describeExit(exit.code, exit.signal)}`);
      }
      if (Date.now() - startedAt > stableAfterMs) {
        backoffMs = minBackoffMs;
      }
      logger.error({ worker: number, ...exit, backoffMs }, "worker exited; replacing it");
      await delay(backoffMs, undefined, { signal: stopping.signal }).catch(() => {
        // The shutdown aborts the delay.
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
    logger.info({ workers: running.size }, "stopping workers");
    stopping.abort();
    const timeout = setTimeout(() => {
      for (const [number, worker] of running) {
        logger.error({ worker: number, workerPid: worker.process.pid }, "worker did not stop in time; killing it");
        worker.process.kill("SIGKILL");
      }
    }, stopTimeoutMs);
    await Promise.allSettled(slots);
    clearTimeout(timeout);
    if (workerFailure !== undefined) {
      throw workerFailure;
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
        // The first worker starts alone, so that an address that cannot be bound is reported once.
        const addresses = await startSlot(0);
        await Promise.all(Array.from({ length: count - 1 }, (_, index) => startSlot(index + 1)));
        logger.info({ addresses, workers: count }, "all workers are serving");
      } catch (error) {
        if (running.size > 0) {
          logger.error({ reason: reasonOf(error) }, "a worker failed to start");
          // A failure of the shutdown must not hide the first one.
          await Promise.allSettled([shutdown()]);
        }
        throw error;
      }
    },
    shutdown,
  };
}

/** Waits for an event. Unlike `once` of node:events, does not reject on the event "error". */
function waitFor(emitter: EventEmitter, event: string): Promise<unknown[]> {
  return new Promise((resolve) => emitter.once(event, (...values) => resolve(values)));
}

/** Describes the exit of a worker: `exited with status 7` or `was killed by SIGKILL`. */
function describeExit(code: unknown, signal: unknown): string {
  return signal ? `was killed by ${signal}` : `exited with status ${code}`;
}

function send(worker: Worker, message: PrimaryMessage): void {
  // Sending fails if the worker has just exited, which does no harm.
  worker.send(message, () => undefined);
}
