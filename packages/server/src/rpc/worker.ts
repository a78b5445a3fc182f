import cluster from "node:cluster";
import { onStopSignal } from "./stop-signals.js";

/** What a worker tells the primary process once it serves: the bound addresses. */
export type WorkerServes = readonly string[];

/** What a worker says: where it serves, or why it cannot. */
export type WorkerReport = WorkerServes | { readonly failure: string };

/** The number of this worker process, from 0 on, or `undefined` in any other process. */
export const workerNumber = cluster.isWorker ? Number(process.env["WORKER_NUMBER"]) : undefined;

/** The server of a worker process, as far as its primary process is concerned. */
export interface WorkerServer {
  start(): Promise<WorkerServes>;
  /** A second call skips the waiting. */
  shutdown(): Promise<void>;
}

/**
 * Runs the server of a worker process until its primary process says that it shall stop. Signals are for the primary
 * process, which passes them on, even where a terminal or a service manager sends them to every process.
 */
export async function serveAsWorker(server: WorkerServer): Promise<void> {
  onStopSignal(() => undefined);
  const stopped = new Promise<void>((resolve, reject) => {
    process.on("message", () => {
      server.shutdown().then(resolve, reject);
    });
  });
  process.send?.(await server.start());
  await stopped;
}

/** Tells the primary process why this worker process ends, for it to say or to log. */
export function tellFailure(error: unknown): Promise<void> {
  const report: WorkerReport = { failure: error instanceof Error ? error.message : String(error) };
  // A primary process that is gone need not be told.
  return new Promise((resolve) => (process.send ? process.send(report, () => resolve()) : resolve()));
}
