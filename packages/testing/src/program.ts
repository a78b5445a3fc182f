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
  /** Environment variables added to those of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Standard input. Default: empty. */
  readonly input?: string | Uint8Array;
}

/** Starts a program with its standard streams as pipes. */
export function start(
  [command, ...args]: readonly [string, ...string[]],
  { cwd, env }: ProgramOptions = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  return spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: "pipe" });
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
