import type { Socket } from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

/** HTTP/2 connections of a server. */
export interface Connections {
  /** Serves calls on a socket. */
  add(socket: Socket): void;
  /**
   * Closes every connection, including its calls, after a short time in which the peer can read the last bytes.
   * Resolves once all connections are closed.
   */
  close(): Promise<void>;
}

/** Time for a peer to read the last bytes and to close the connection itself, in milliseconds. */
const lingerMs = 100;

/** Creates the connections of a server, whose sockets are accepted and secured elsewhere. */
export function createConnections(server: Server): Connections {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  return {
    add(socket) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      injector.injectConnection(socket);
    },
    async close() {
      // grpc-js closes its side and waits for the peer to close the other, which an unresponsive peer never does.
      await delay(lingerMs);
      await Promise.all([...sockets].map(closeSocket));
    },
  };
}

function closeSocket(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()).destroy());
}
