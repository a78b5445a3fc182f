import { type ServerProcess, startServer } from "./server-process.js";

/** Several server processes, each of which keeps its address when restarted. */
export interface Fleet extends AsyncDisposable {
  /** Target with the addresses of all servers. */
  readonly target: string;
  /** Current process at each address of {@link target}, in its order. */
  readonly servers: readonly ServerProcess[];
  /** Starts another server at the address with this index; the previous process must have ended. */
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

/** Counts the calls that a server has answered so far. */
export function countCalls(server: ServerProcess): number {
  return server.log.filter(({ msg }) => msg === "call").length;
}
