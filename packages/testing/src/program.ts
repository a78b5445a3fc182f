import { type ChildProcessByStdio, spawn } from "node:child_process";
import { once } from "node:events";
import type { Readable, Writable } from "node:stream";
import { text } from "node:stream/consumers";

/** Result of a program run. */
export interface Outcome {
  /** Exit status, or the name of the signal that ended it. */
  readonly status: number | NodeJS.Signals;
  readonly stdout: string;
  readonly stderr: string;
}

/** Options to start a program with. */
export interface ProgramOptions {
  readonly cwd?: string;
  /** Signal that ends the program, which then counts as a failure. */
  readonly signal?: AbortSignal;
  /** Environment variables added to those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input. Default: empty. */
  readonly input?: string | Uint8Array;
}

/**
 * Variables that programs in Node do not inherit. Node 20 parses extra certificates at each start, which takes longer
 * than the rest of the start. Package managers inherit them, because their command is not the path of Node.
 */
const notInherited = { NODE_EXTRA_CA_CERTS: undefined };

/** Starts a program with its standard streams as pipes. */
export function start(
  [command, ...args]: readonly [string, ...string[]],
  { cwd, env, signal }: ProgramOptions = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  const inherited = { ...process.env, ...(command === process.execPath && notInherited) };
  return spawn(command, args, { cwd, env: { ...inherited, ...env }, signal, stdio: "pipe" });
}

/** Runs a program and waits for it to exit. */
export async function run(command: readonly [string, ...string[]], options: ProgramOptions = {}): Promise<Outcome> {
  const child = start(command, options);
  // A program may exit before it has read its input.
  child.stdin.on("error", () => undefined);
  child.stdin.end(options.input ?? "");
  const [[code, signal], stdout, stderr] = await Promise.all([
    once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>,
    text(child.stdout),
    text(child.stderr),
  ]);
  return { status: code ?? signal ?? -1, stdout, stderr };
}
