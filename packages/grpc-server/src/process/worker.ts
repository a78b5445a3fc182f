import cluster from "node:cluster";
import { reasonOf } from "@hello/grpc-common";
import type { Lifecycle } from "../lifecycle.js";
import { onStopSignal } from "./stop-signals.js";

/** Message of a worker that serves: the bound addresses. */
export type WorkerAddresses = readonly string[];

/** Message of a worker to the primary process: where it serves, or why it cannot. */
export type WorkerMessage = WorkerAddresses | { readonly failure: string };

/** Number of this worker process, from 0, or `undefined` in any other process. */
export const workerNumber = cluster.isWorker ? Number(process.env["WORKER_NUMBER"]) : undefined;

/**
 * Runs the server of a worker process until the primary process tells it to stop. Signals are for the primary process,
 * which passes them on, even if a terminal or a service manager sends them to every process.
 */
export async function runAsWorker(server: Lifecycle<WorkerAddresses>): Promise<void> {
  onStopSignal(() => undefined);
  const stopped = new Promise<void>((resolve, reject) => {
    process.on("message", () => {
      server.shutdown().then(resolve, reject);
    });
  });
  process.send?.(await server.start());
  await stopped;
}

/** Reports to the primary process why this worker ends. */
export function reportFailure(error: unknown): Promise<void> {
  const message: WorkerMessage = { failure: reasonOf(error) };
  // Without a primary process there is nobody to tell.
  return new Promise((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
}
