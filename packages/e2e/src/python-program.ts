import { fileURLToPath } from "node:url";
import { requires } from "@hello/testing/requires";

/** The Python that has grpcio. */
export const python = requires("python3-grpcio");

/** The command that runs a program of the folder `python`. */
export function pythonProgram(name: string, ...args: string[]): [string, ...string[]] {
  return [python.program, fileURLToPath(new URL(`../python/${name}`, import.meta.url)), ...args];
}
