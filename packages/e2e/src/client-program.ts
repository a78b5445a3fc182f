import { createRequire } from "node:module";
import { type Outcome, run } from "@hello/testing/program";

/** Path of the client program, as resolved by a package that depends on @hello/client. */
export const clientMain = createRequire(import.meta.url)
  .resolve("@hello/client")
  .replace(/index\.js$/, "main.js");

/** Runs the client program to its end. */
export function runClient(...args: string[]): Promise<Outcome> {
  return run([process.execPath, clientMain, ...args]);
}

/** Returns texts as lines, like the input and output of the client program. */
export function asLines(texts: readonly string[]): string {
  return texts.map((text) => `${text}\n`).join("");
}
