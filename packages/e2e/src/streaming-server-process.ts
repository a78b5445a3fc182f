import { fileURLToPath } from "node:url";
import { start } from "@hello/testing/program";
import { type ServerProcess, serving } from "./server-process.js";

/** State of the program `streaming-server.ts`. */
export interface Statistics {
  /** Handlers of Echo in progress. */
  readonly active: number;
  /** Responses that its handlers have yielded. */
  readonly produced: number;
  /** Requests that its handlers have read. */
  readonly consumed: number;
  /** Memory in use after a full collection, without that of Node itself. */
  readonly memoryBytes: number;
}

/** Starts the program `streaming-server.ts` on a free port of the loopback interface, and waits until it serves. */
export function startStreamingServer(...args: string[]): Promise<ServerProcess> {
  const program = fileURLToPath(new URL("streaming-server.ts", import.meta.url));
  const node = [process.execPath, "--expose-gc", "--import=tsx"] as const;
  return serving(start([...node, program, "--address", "127.0.0.1:0", ...args]));
}
