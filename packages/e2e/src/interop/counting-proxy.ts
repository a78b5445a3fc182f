import { connect, createServer } from "node:net";
import { listen } from "@hello/testing/peer";

/** Passes connections on to a server and counts the bytes that it sends. */
export interface CountingProxy extends AsyncDisposable {
  /** Port on the loopback interface. */
  readonly port: number;
  readonly sentBytes: number;
}

/** Starts a proxy on a free port, for a server on the loopback interface. */
export async function startCountingProxy(serverPort: number): Promise<CountingProxy> {
  let sentBytes = 0;
  const { port, [Symbol.asyncDispose]: dispose } = await listen(
    createServer((client) => {
      const server = connect(serverPort, "127.0.0.1");
      server.on("data", (chunk) => {
        sentBytes += chunk.length;
      });
      // Either side may break off, and then so does the other.
      server.on("error", () => client.destroy());
      client.on("close", () => server.destroy());
      client.pipe(server).pipe(client);
    }),
  );
  return {
    port,
    get sentBytes() {
      return sentBytes;
    },
    [Symbol.asyncDispose]: dispose,
  };
}
