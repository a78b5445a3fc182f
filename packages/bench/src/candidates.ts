import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { compileProgram } from "@hello/testing/compile";
import { start } from "@hello/testing/program";

/** Server program to measure. */
export interface Candidate {
  readonly name: string;
  readonly command: readonly [string, ...string[]];
  /** Reads the port from the first line of the output. */
  readonly port: (line: string) => number;
}

const main = createRequire(import.meta.url)
  .resolve("@hello/server")
  .replace(/index\.js$/, "main.js");

/** Server with only grpc-js and the generated code. */
export const bare: Candidate = {
  name: "bare",
  command: [process.execPath, fileURLToPath(new URL("bare-server.mjs", import.meta.url))],
  port: Number,
};

/** Server with only node:http2 and a fixed response: the upper limit of a gRPC server on Node. */
export const http2: Candidate = {
  name: "node:http2",
  command: [process.execPath, fileURLToPath(new URL("http2-server.mjs", import.meta.url))],
  port: Number,
};

/** Describes the Hello server with its defaults and the given arguments. */
export function hello(...args: string[]): Candidate {
  return {
    name: ["hello", ...args].join(" "),
    command: [process.execPath, main, "--address", "127.0.0.1:0", ...args],
    port: loggedPort,
  };
}

const typeScript = async (file: string) =>
  [process.execPath, await compileProgram(new URL(file, import.meta.url))] as const;

/** Stream server with only grpc-js. */
export const bareStreams: Candidate = {
  name: "bare",
  command: await typeScript("bare-stream-server.ts"),
  port: Number,
};

/** Stream server on grpc-server, with its defaults. */
export const streams: Candidate = {
  name: "grpc-server",
  command: [...(await typeScript("stream-server.ts")), "--address", "127.0.0.1:0"],
  port: loggedPort,
};

/** Reads the port from the "serving" line in the log of grpc-server. */
function loggedPort(line: string): number {
  return Number(/:(\d+)"\]/.exec(line)?.[1]);
}

/** Running candidate. Disposing kills it. */
export interface Running extends AsyncDisposable {
  readonly candidate: Candidate;
  readonly pid: number;
  readonly port: number;
  /** Time from exec to the first line of output, in milliseconds. */
  readonly startMs: number;
}

/** Starts a candidate, and waits until it is serving. */
export async function startCandidate(candidate: Candidate): Promise<Running> {
  const started = performance.now();
  const child = start(candidate.command);
  const closed = once(child, "close");
  const [line] = (await once(createInterface(child.stdout), "line")) as [string];
  return {
    candidate,
    pid: child.pid ?? -1,
    port: candidate.port(line),
    startMs: performance.now() - started,
    async [Symbol.asyncDispose]() {
      child.kill("SIGKILL");
      await closed;
    },
  };
}
