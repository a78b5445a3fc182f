import { once } from "node:events";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { compileProgram } from "@hello/testing/compile";
import { start } from "@hello/testing/program";
import { serving } from "../server-process.js";
import type { TlsFiles } from "./tls-files.js";

/** Server of grpc.testing.TestService. */
export interface InteropServer extends AsyncDisposable {
  /** Port on the loopback interface. */
  readonly port: number;
}

/** Starts a server, which serves TLS if there are files and plain text otherwise. */
export type StartServer = (tls: TlsFiles | undefined) => Promise<InteropServer>;

/** Starts our server program. */
export const startOurServer: StartServer = (tls) =>
  startOurServerWith(...(tls === undefined ? [] : ["--tls-cert", tls.certFile, "--tls-key", tls.keyFile]));

/** Starts our server program with flags. */
export async function startOurServerWith(...flags: readonly string[]): Promise<InteropServer> {
  const program = await compileProgram(new URL("interop-server.ts", import.meta.url));
  const command = [process.execPath, program, "--address", "127.0.0.1:0", ...flags] as const;
  const { address, [Symbol.asyncDispose]: dispose } = await serving(start(command));
  return { port: Number(address.split(":")[1]), [Symbol.asyncDispose]: dispose };
}

/** Starts a server program that prints its port, and waits until it does. */
export async function startPeerServer(command: readonly [string, ...string[]]): Promise<InteropServer> {
  const server = start(command);
  const ended = once(server, "close");
  const stderr = text(server.stderr);
  const lines = createInterface(server.stdout);
  const [port] = await Promise.race([once(lines, "line") as Promise<string[]>, ended.then(() => [])]);
  if (port === undefined) {
    throw new Error(`${command.join(" ")} exited: ${await stderr}`);
  }
  return {
    port: Number(port),
    async [Symbol.asyncDispose]() {
      server.kill("SIGKILL");
      await ended;
    },
  };
}
