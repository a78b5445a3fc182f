import type { Socket } from "node:net";
import { type Server, ServerCredentials } from "@grpc/grpc-js";

/** The HTTP/2 connections of a server. */
export interface Connections {
  /** Serves calls on a socket. */
  add(socket: Socket): void;
  /** Cuts every connection, with the calls that are on it, once its peer could read what was last written to it. */
  cut(): void;
}

/** How long a peer may take to read what was last written, and to close the connection by itself. */
const farewellMs = 100;

/** Serves calls on sockets that are accepted, and perhaps secured, elsewhere. */
export function createConnections(server: Server): Connections {
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const sockets = new Set<Socket>();
  return {
    add(socket) {
      sockets.add(socket);
      socket.once("close", () => sockets.delete(socket));
      injector.injectConnection(socket);
    },
    cut() {
      // grpc-js closes its side and then waits for its peer to do the same, which one that hangs never does.
      setTimeout(() => {
        for (const socket of sockets) {
          socket.destroy();
        }
      }, farewellMs);
    },
  };
}
