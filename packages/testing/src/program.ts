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

/** Programs that may download packages: npm, a pnpm that is a script, and shells that run them. */
const downloaders: readonly string[] = ["npm", "npx", "node", "sh", "cmd.exe"];

/** Variables of {@link downloaders}. The test runner removes them from the environment of all other programs. */
const forDownloaders = { NODE_EXTRA_CA_CERTS: process.env["NPM_EXTRA_CA_CERTS"] ?? process.env["NODE_EXTRA_CA_CERTS"] };

/** Starts a program with its standard streams as pipes. */
export function start(
  [command, ...args]: readonly [string, ...string[]],
  { cwd, env, signal }: ProgramOptions = {},
): ChildProcessByStdio<Writable, Readable, Readable> {
  const inherited = { ...process.env, ...(downloaders.includes(command) && forDownloaders) };
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
