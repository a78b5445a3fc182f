import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { start } from "@hello/testing/program";

/** A server program to measure, and how its port is read from what it prints first. */
export interface Candidate {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  readonly port: (line: string) => number;
}

const main = createRequire(import.meta.url)
  .resolve("@hello/server")
  .replace(/index\.js$/, "main.js");

/** grpc-js and the generated code alone. */
export const bare: Candidate = {
  name: "bare",
  command: [process.execPath, fileURLToPath(new URL("bare-server.mjs", import.meta.url))],
  port: Number,
};

/** The same answer from node:http2 alone, which is as fast as Node can be. */
export const limit: Candidate = {
  name: "node:http2",
  command: [process.execPath, fileURLToPath(new URL("limit-server.mjs", import.meta.url))],
  port: Number,
};

/** The product with all its defaults, and the arguments given. */
export function hello(...args: string[]): Candidate {
  return {
    name: ["hello", ...args].join(" "),
    command: [process.execPath, main, "--address", "127.0.0.1:0", ...args],
    port: loggedPort,
  };
}

const typeScript = (file: string) =>
  [process.execPath, "--import=tsx", fileURLToPath(new URL(file, import.meta.url))] as const;

/** Streams on grpc-js alone. */
export const bareStreams: Candidate = { name: "bare", command: typeScript("bare-stream-server.ts"), port: Number };

/** Streams on grpc-server with all its defaults. */
export const streams: Candidate = {
  name: "grpc-server",
  command: [...typeScript("stream-server.ts"), "--address", "127.0.0.1:0"],
  port: loggedPort,
};

/** Reads the port from the line that says that a server of ours serves. */
function loggedPort(line: string): number {
  return Number(/:(\d+)"\]/.exec(line)?.[1]);
}

/** A candidate that serves. */
export interface Running extends AsyncDisposable {
  readonly candidate: Candidate;
  readonly pid: number;
  readonly port: number;
  /** From exec to the line that says that it serves, in milliseconds. */
  readonly startMs: number;
}

/** Starts a candidate and waits until it serves. */
export async function startCandidate(candidate: Candidate): Promise<Running> {
  const began = performance.now();
  const child = start(candidate.command);
  const ended = once(child, "close");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    candidate,
    pid: child.pid ?? -1,
    port: candidate.port(line),
    startMs: performance.now() - began,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await ended;
    },
  };
}
