import { createRequire } from "node:module";
import { type Outcome, run } from "@hello/testing/program";

/** The program of @hello/client, as a package that depends on it finds it. */
export const clientMain = createRequire(import.meta.url)
  .resolve("@hello/client")
  .replace(/index\.js$/, "cli.js");

/** Runs the client program to its end. */
export function runClient(...args: string[]): Promise<Outcome> {
  return run([process.execPath, clientMain, ...args]);
}
