import type { Socket } from "node:net";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

/** HTTP/2 connections of a server. */
export interface Connections {
  /** Serves calls on a socket. */
  add(socket: Socket): void;
  /**
   * Closes every connection, including its calls. Peers have a short time to read the last bytes. Resolves once all
   * connections are closed.
   */
  close(): Promise<void>;
}

/** Maximum time for peers to read the last bytes and to close their connections themselves, in milliseconds. */
const lingerMs = 200;

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
      const timer = setTimeout(() => {
        for (const socket of sockets) {
          socket.destroy();
        }
      }, lingerMs);
      await Promise.all([...sockets].map(waitForClose));
      clearTimeout(timer);
    },
  };
}

function waitForClose(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once("close", () => resolve()));
}
