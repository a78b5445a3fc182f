import { once } from "node:events";
import { createRequire } from "node:module";
import { createInterface } from "node:readline";
import { captureLog, type LogLine } from "@hello/testing/captured-log";
import { start } from "@hello/testing/program";

/** Path of the server program, as resolved by a package that depends on @hello/server. */
export const serverMain = createRequire(import.meta.url)
  .resolve("@hello/server")
  .replace(/index\.js$/, "main.js");

/** Running server process. */
export interface ServerProcess extends AsyncDisposable {
  readonly pid: number;
  /** Addresses that it serves, as `host:port` or `unix:/path`. */
  readonly addresses: readonly string[];
  /** The first of {@link addresses}. */
  readonly address: string;
  /** Every line of its log so far. */
  readonly log: readonly LogLine[];
  /** Standard error of the process so far. */
  readonly stderr: string;
  /** Resolves with the first line of its log that matches, past or future. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>;
  /** Sends a signal, by default SIGTERM, and resolves with the exit status or the signal that ended the process. */
  stop(signal?: NodeJS.Signals): Promise<number | NodeJS.Signals>;
  /** Resolves with the exit status or the signal that ended the process. */
  readonly ended: Promise<number | NodeJS.Signals>;
}

/**
 * Starts the server program, by default on a free port of the loopback interface, and waits until it serves.
 *
 * @throws Error with the output of the program if it ends before that.
 */
export function startServer(...args: string[]): Promise<ServerProcess> {
  return startServerWith({}, ...args);
}

/** Starts a server like {@link startServer}, with additional environment variables. */
export function startServerWith(env: Readonly<Record<string, string>>, ...args: string[]): Promise<ServerProcess> {
  return serving(start([process.execPath, serverMain, ...onFreePort(args)], { env }));
}

/** Starts a server like {@link startServer}, with the servicer of `scripted-servicer.mjs`. */
export function startScriptedServer(...args: string[]): Promise<ServerProcess> {
  const preload = new URL("scripted-servicer.mjs", import.meta.url).href;
  return serving(start([process.execPath, `--import=${preload}`, serverMain, ...onFreePort(args)]));
}

function onFreePort(args: readonly string[]): readonly string[] {
  return args.includes("--address") ? args : ["--address", "127.0.0.1:0", ...args];
}

/** Waits until a started program that becomes a server serves, like {@link startServer}. */
export async function serving(child: ReturnType<typeof start>): Promise<ServerProcess> {
  const ended = once(child, "close") as Promise<[number | null, NodeJS.Signals | null]>;
  const { lines: log, write, line: logged } = captureLog();
  let stderr = "";
  child.stderr.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const addresses = await new Promise<readonly string[]>((resolve, reject) => {
    createInterface(child.stdout).on("line", (text) => {
      write(text);
      const line = log.at(-1);
      if (line?.msg === "serving") {
        resolve(line["addresses"] as string[]);
      }
    });
    ended.then(
      ([code, signal]) =>
        reject(new Error(`the server ended with ${code ?? signal}: ${stderr.trim() || JSON.stringify(log)}`)),
      reject,
    );
  });
  const status = ended.then(([code, signal]) => code ?? signal ?? -1);
  const stop = (signal: NodeJS.Signals = "SIGTERM") => {
    child.kill(signal);
    return status;
  };
  return {
    pid: child.pid ?? -1,
    addresses,
    address: addresses[0] ?? "",
    log,
    get stderr() {
      return stderr;
    },
    logged,
    stop,
    ended: status,
    async [Symbol.asyncDispose]() {
      await stop("SIGKILL");
    },
  };
}
