import { after, afterEach, before } from "node:test";
import { type Outcome, type ProgramOptions, run, start } from "@hello/testing/program";
import { clientMain } from "../client-program.js";
import { type ServerProcess, startServer } from "../server-process.js";

/** Client program whose default target is a running server. */
export interface ClientUnderTest {
  /** Returns the environment variables that set the default target. */
  environment(): Readonly<Record<string, string>>;
  /** Runs the program to its end. */
  run(args: readonly string[], options?: ProgramOptions): Promise<Outcome>;
  /** Starts the program with its input and output in pipes. It is killed when the test ends. */
  start(args: readonly string[]): ReturnType<typeof start>;
}

/** Sets up the client program and one server for all tests of a file. */
export function clientUnderTest(): ClientUnderTest {
  let server: ServerProcess | undefined;
  before(async () => {
    server = await startServer();
  });
  after(() => server?.[Symbol.asyncDispose]());
  const children: ReturnType<typeof start>[] = [];
  afterEach(() => {
    for (const child of children.splice(0)) {
      child.kill("SIGKILL");
    }
  });
  const command = (args: readonly string[]) => [process.execPath, clientMain, ...args] as const;
  const environment = () => ({ HELLO_TARGET: server?.address ?? "" });
  return {
    environment,
    run: (args, options = {}) => run(command(args), { ...options, env: { ...environment(), ...options.env } }),
    start(args) {
      const child = start(command(args), { env: environment() });
      children.push(child);
      return child;
    },
  };
}
