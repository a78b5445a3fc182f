import { type ServerProcess, startServer } from "./server-process.js";

/** Several server processes, each of which keeps its address over restarts. */
export interface Fleet extends AsyncDisposable {
  /** All their addresses, as one target. */
  readonly target: string;
  /** The processes that were started last, in the order of their addresses. */
  readonly servers: readonly ServerProcess[];
  /** Starts the server of an address again; the one before must have ended. */
  restart(index: number): Promise<void>;
}

/** Starts server processes that log each call. */
export async function startFleet(size: number): Promise<Fleet> {
  const args = ["--log-level", "debug"];
  const servers = await Promise.all(Array.from({ length: size }, () => startServer(...args)));
  const addresses = servers.map(({ address }) => address);
  return {
    target: `ipv4:${addresses.join(",")}`,
    servers,
    async restart(index) {
      servers[index] = await startServer(...args, "--address", addresses[index] ?? "");
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(servers.map((server) => server[Symbol.asyncDispose]()));
    },
  };
}

/** How many calls a server has answered so far. */
export function callsOf(server: ServerProcess): number {
  return server.log.filter(({ msg }) => msg === "call").length;
}
