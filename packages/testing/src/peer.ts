import { once } from "node:events";
import { createServer, type Http2SecureServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";

/** Server with custom, usually faulty behavior. */
export interface Peer extends AsyncDisposable {
  /** Address in the form `127.0.0.1:port`. */
  readonly address: string;
  readonly port: number;
  /** Number of connections accepted so far. */
  readonly accepted: number;
}

/** Binds a server to a free port of the loopback interface. Disposing closes the server and its connections. */
export async function listen(server: Server | Http2Server | Http2SecureServer): Promise<Peer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    // A lost connection must not fail the test.
    socket.on("error", () => undefined);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    address: `127.0.0.1:${port}`,
    port,
    get accepted() {
      return sockets.size;
    },
    async [Symbol.asyncDispose]() {
      const closed = once(server, "close");
      server.close();
      for (const socket of sockets) {
        socket.destroy();
      }
      await closed;
    },
  };
}

/** Starts an HTTP/2 server without TLS that calls `onStream` for every stream. */
export function listenHttp2(onStream: (stream: ServerHttp2Stream) => void): Promise<Peer> {
  const server = createServer();
  server.on("stream", (stream) => {
    // A stream reset by the client must not fail the test.
    stream.on("error", () => undefined);
    onStream(stream);
  });
  return listen(server);
}
