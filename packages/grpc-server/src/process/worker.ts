import cluster from "node:cluster";
import { reasonOf } from "@hello/grpc-common";
import type { Lifecycle } from "../lifecycle.js";
import { requestReload } from "../reload.js";
import { onStopSignal } from "./stop-signals.js";

/** Message from a worker that has started to serve: the bound addresses. */
export type WorkerAddresses = readonly string[];

/** Message from a worker: it can receive messages, it serves these addresses, or it has failed for this reason. */
export type WorkerMessage = "ready" | WorkerAddresses | { readonly failure: string };

/** Message to a worker: shut down, of which a second one skips all waiting, or reload the certificates. */
export type PrimaryMessage = "shutdown" | "reload";

/** Number of this worker process, from 0, or `undefined` in any other process. */
export const workerNumber = cluster.isWorker ? Number(process.env["WORKER_NUMBER"]) : undefined;

/**
 * Runs the server of a worker process until the primary process requests a shutdown. Ignores stop signals, which a
 * terminal or a service manager may send to every process: the primary process handles them for all.
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
    // After Node has lost a connection for lack of a file descriptor, it passes no more connections or messages to this
    // worker.
    process.on("internalMessage", ({ cmd }: { cmd?: string }, connection: unknown) => {
      if (cmd === "NODE_HANDLE" && !connection) {
        send({ failure: "a connection was lost because no file descriptor was free" });
        server.shutdown().then(resolve, reject);
      }
    });
  });
  send("ready");
  await Promise.race([server.start().then(send), stopped]);
  await stopped;
}

/** Reports the failure of this worker to the primary process. */
export function reportFailure(error: unknown): Promise<void> {
  const message: WorkerMessage = { failure: reasonOf(error) };
  // Once the primary process is gone, there is no channel to it.
  return new Promise((resolve) => (process.send ? process.send(message, () => resolve()) : resolve()));
}

function send(message: WorkerMessage): void {
  process.send?.(message);
}
