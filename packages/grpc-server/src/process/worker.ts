import cluster from "node:cluster";
import { reasonOf } from "@hello/grpc-common";
import type { Lifecycle } from "../lifecycle.js";
import { requestReload } from "./reload.js";
import { onStopSignal } from "./stop-signals.js";

/** Message of a worker that serves: the bound addresses. */
export type WorkerAddresses = readonly string[];

/** Message of a worker to the primary process: that it receives messages, where it serves, or why it cannot. */
export type WorkerMessage = "ready" | WorkerAddresses | { readonly failure: string };

/** Message to a worker: stop in order, the second time at once; or read the certificates anew. */
export type PrimaryMessage = "shutdown" | "reload";

/** Number of this worker process, from 0, or `undefined` in any other process. */
export const workerNumber = cluster.isWorker ? Number(process.env["WORKER_NUMBER"]) : undefined;

/**
 * Runs the server of a worker process until the primary process tells it to stop. Signals are for the primary process,
 * which passes them on, even if a terminal or a service manager sends them to every process.
 */
export async function runAsWorker(server: Lifecycle<WorkerAddresses>): Promise<void> {
  onStopSignal(() => undefined);
  const stopped = new Promise<void>((resolve, reject) => {
    process.on("message", (message: PrimaryMessage) => {
      if (message === "reload") {
        requestReload();
      } else {
        server.shutdown().then(resolve, reject);
      }
    });
    // Node passes this worker no connection, or message, after one that got lost for want of a file descriptor.
    process.on("internalMessage", ({ cmd }: { cmd?: string }, connection: unknown) => {
      if (cmd === "NODE_HANDLE" && !connection) {
        send({ failure: "no file descriptor was left for a connection" });
        server.shutdown().then(resolve, reject);
      }
    });
  });
  send("ready");
  await Promise.race([server.start().then(send), stopped]);
  await stopped;
}

/** Reports to the primary process why this worker ends. */
export function reportFailure(error: unknown): Promise<void> {
  const message: WorkerMessage = { failure: reasonOf(error) };
  // Without a primary process there is nobody to tell.
  return new Promise((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}
