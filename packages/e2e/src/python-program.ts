import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

/** Python with grpcio. */
export const python = requires("python3-grpcio");

/** Builds the command that runs a program in the folder `python`. */
export function pythonProgram(name: string, ...args: string[]): [string, ...string[]] {
  return [python.program, fileURLToPath(new URL(`../python/${name}`, import.meta.url)), ...args];
}

/** Starts a Python server that prints its port, and waits until it serves. */
export async function startPythonServer(name = "server.py") {
  const server = start(pythonProgram(name));
  const ended = once(server, "close");
  const stderr = text(server.stderr);
  for await (const port of createInterface(server.stdout)) {
    return {
      target: `127.0.0.1:${port}`,
      async [Symbol.asyncDispose]() {
        server.kill("SIGKILL");
        await ended;
      },
    };
  }
  throw new Error(`${name} exited: ${await stderr}`);
}
