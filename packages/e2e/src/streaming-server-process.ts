import { compileProgram } from "@hello/testing/compile";
import { start } from "@hello/testing/program";
import { type ServerProcess, serving } from "./server-process.js";

/** State of the program `streaming-server.ts`. */
export interface Statistics {
  /** Number of Echo handlers in progress. */
  readonly active: number;
  /** Number of responses that Echo handlers have yielded. */
  readonly produced: number;
  /** Number of requests that Echo handlers have read. */
  readonly consumed: number;
  /** Heap and external memory after a full garbage collection, in bytes. */
  readonly memoryBytes: number;
}

/** Starts the program `streaming-server.ts` on a free port of the loopback interface, and waits until it serves. */
export async function startStreamingServer(...args: string[]): Promise<ServerProcess> {
  const program = await compileProgram(new URL("streaming-server.ts", import.meta.url));
  // A small young generation, whose default size differs between versions of Node: what counts is what stays alive.
  const node = [process.execPath, "--expose-gc", "--max-semi-space-size=1"] as const;
  return serving(start([...node, program, "--address", "127.0.0.1:0", ...args]));
}
