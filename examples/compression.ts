/**
 * Compression: gzip shrinks repetitive requests and responses to a fraction of their size.
 *
 * Run with `pnpm --filter examples start compression`.
 */
import { once } from "node:events";
import { type AddressInfo, connect, createServer as createRelay } from "node:net";
import { pipeline } from "node:stream";
import { HelloClient } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

const servicer: Servicer<typeof HelloService> = {
  hello: (request) => new HelloResponse().setValue(`Hello ${request.getValue()}`),
};

// The server compresses responses to every client that accepts gzip.
await using server = createServer({
  addresses: ["127.0.0.1:0"],
  compression: "gzip",
  services: [bindService(HelloService, servicer)],
});
const [address = ""] = await server.start();

// A relay between client and server counts the bytes on the wire.
const bytes = { sent: 0, received: 0 };
const relay = createRelay((downstream) => {
  const upstream = connect(Number(address.split(":")[1]), "127.0.0.1");
  downstream.on("data", (chunk) => {
    bytes.sent += chunk.length;
  });
  upstream.on("data", (chunk) => {
    bytes.received += chunk.length;
  });
  pipeline(downstream, upstream, downstream, () => undefined);
});
await once(relay.listen(0, "127.0.0.1"), "listening");
const target = `127.0.0.1:${(relay.address() as AddressInfo).port}`;

const name = "Ada ".repeat(25_000);
const describe = (count: number) => (count > name.length ? "more than 100,000 bytes" : "less than 1,000 bytes");
for (const compression of ["identity", "gzip"] as const) {
  Object.assign(bytes, { sent: 0, received: 0 });
  await using client = new HelloClient(target, { compression });
  await client.hello(name);
  console.log(`${compression}: request ${describe(bytes.sent)}, response ${describe(bytes.received)}`);
}

relay.close();
