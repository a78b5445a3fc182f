import { after, afterEach, before } from "node:test";
import { type Outcome, type ProgramOptions, run, start } from "@hello/testing/program";
import { clientMain } from "./client-program.js";
import { type ServerProcess, startServer } from "./server-process.js";

/** The client program, and a server that it asks unless it is told otherwise. */
export interface ClientUnderTest {
  /** The variables that name the server to it. */
  environment(): Readonly<Record<string, string>>;
  /** Runs it to its end. */
  run(args: readonly string[], options?: ProgramOptions): Promise<Outcome>;
  /** Starts it, with its input and output in pipes; it ends with the test. */
  start(args: readonly string[]): ReturnType<typeof start>;
}

/** Gives the tests of a file the client program and one server. */
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
