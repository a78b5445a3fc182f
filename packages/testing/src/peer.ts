import { once } from "node:events";
import { createServer, type Http2SecureServer, type Http2Server, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo, Server, Socket } from "node:net";

/** A server that a test makes itself, mostly to misbehave. */
export interface Peer extends AsyncDisposable {
  /** Where it listens, as `127.0.0.1:port`. */
  readonly address: string;
  readonly port: number;
  /** How many connections it has accepted so far. */
  readonly accepted: number;
}

/** Lets a server listen on a free port of the loopback interface. Disposing it ends its connections too. */
export async function listen(server: Server | Http2Server | Http2SecureServer): Promise<Peer> {
  const sockets = new Set<Socket>();
  server.on("connection", (socket: Socket) => {
    sockets.add(socket);
    // A peer that goes away is no failure of the test.
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

/** An HTTP/2 server without TLS that does the same with every call. */
export function listenHttp2(onStream: (stream: ServerHttp2Stream) => void): Promise<Peer> {
  const server = createServer();
  server.on("stream", (stream) => {
    // A client that resets the stream is no failure of the test.
    stream.on("error", () => undefined);
    onStream(stream);
  });
  return listen(server);
}
