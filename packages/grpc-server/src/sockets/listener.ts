import { once } from "node:events";
import { lstat, unlink } from "node:fs/promises";
import { connect, createServer, type Server, type Socket } from "node:net";
import type { Logger } from "pino";
import { createThrottledWarn } from "../throttled-warn.js";
import { type Address, formatAddress, parseAddress } from "./address.js";
import { describeBindFailure, errorCode, isMissingAddress } from "./bind-failure.js";
import { createConnectionLimiter } from "./connection-limiter.js";
import { lookupHost } from "./lookup-host.js";

/** Listening sockets of a server. */
export interface Listener {
  /** Bound addresses, each as `host:port`, `[IPv6]:port` or `unix:/path`, with the ports that the system chose. */
  readonly addresses: readonly string[];
  /** Stops accepting connections. Open ones stay open. */
  close(): void;
}

/** Options of {@link listen}. */
export interface ListenOptions {
  /** Maximum number of open connections on each address. Further ones are closed at once. */
  readonly maxConnections: number;
  readonly logger: Logger;
  readonly onConnection: (socket: Socket) => void;
}

/**
 * Listens on all addresses, or on none if one of them fails.
 *
 * A host name stands for all of its addresses that this machine has. `[::]` includes IPv4, and stands for IPv4 alone on
 * a machine without IPv6.
 *
 * @throws Error with the address, the cause and the remedy.
 */
export async function listen(addresses: readonly string[], options: ListenOptions): Promise<Listener> {
  const { maxConnections, logger, onConnection } = options;
  const warn = createThrottledWarn(logger);
  const limitConnections = createConnectionLimiter({ maxConnections, logger });
  const servers: Server[] = [];
  const close = () => {
    for (const server of servers) {
      server.close();
    }
  };
  const bind = async (address: Address) => {
    const server = createServer(limitConnections(onConnection));
    servers.push(await startListening(server, address));
    // Accepting can fail for lack of memory. Without a listener, the error would end the process.
    server.on("error", (error) => warn("error", { err: error }, "failed to accept a connection"));
    return server;
  };
  try {
    for (const text of addresses) {
      const address = parseAddress(text);
      await bindAll(address, bind).catch(async (error: unknown) => {
        throw new Error(`cannot listen on ${text}: ${await describeBindFailure(error, address)}`, { cause: error });
      });
    }
  } catch (error) {
    close();
    throw error;
  }
  return { addresses: servers.map(boundAddressOf), close };
}

async function bindAll(address: Address, bind: (address: Address) => Promise<Server>): Promise<void> {
  if ("path" in address) {
    // Not after a failed attempt: workers share a socket only if they have made the same number of attempts.
    if (await isAbandoned(address.path)) {
      await unlink(address.path);
    }
    await bind(address);
    return;
  }
  let { port } = address;
  let isBound = false;
  let missing: unknown;
  for (const host of await resolve(address.host)) {
    try {
      // All addresses of a name share the port that the system chose for the first.
      ({ port } = (await bind({ host, port })).address() as { port: number });
      isBound = true;
    } catch (error) {
      if (!isMissingAddress(error)) {
        throw error;
      }
      missing = error;
    }
    if (isBound && host === anyIPv6) {
      return;
    }
  }
  if (!isBound) {
    throw missing;
  }
}

/** All interfaces, over IPv6 and IPv4. */
const anyIPv6 = "::";

/** Resolves a host to the addresses to bind. A machine may lack some: containers often have no IPv6 for `localhost`. */
function resolve(host: string): Promise<readonly string[]> | readonly string[] {
  return host === anyIPv6 ? [anyIPv6, "0.0.0.0"] : lookupHost(host);
}

async function startListening(server: Server, address: Address): Promise<Server> {
  server.listen(address);
  await once(server, "listening");
  return server;
}

/** Returns whether a socket file was left behind by a process that no longer runs. */
async function isAbandoned(path: string): Promise<boolean> {
  const file = await lstat(path).catch(() => {
    // Listening reports any other problem with the path.
  });
  // A connection to another kind of file would be refused, too.
  if (!file?.isSocket()) {
    return false;
  }
  const socket = connect(path);
  try {
    await once(socket, "connect");
    return false;
  } catch (error) {
    return errorCode(error) === "ECONNREFUSED";
  } finally {
    socket.destroy();
  }
}

function boundAddressOf(server: Server): string {
  const address = server.address();
  if (address === null) {
    throw new Error("the server is not listening");
  }
  return formatAddress(typeof address === "string" ? { path: address } : { host: address.address, port: address.port });
}
