/**
 * Load balancing: the client spreads its calls over three servers, and stops using one that shuts down.
 *
 * Run with `pnpm --filter examples start load-balancing`.
 */
import { HelloClient } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { type HelloRequest, HelloResponse, HelloService } from "@hello/proto";

const calls = new Map<string, number>();

class NamedServicer implements Servicer<typeof HelloService> {
  readonly #name: string;

  constructor(name: string) {
    this.#name = name;
  }

  hello(request: HelloRequest): HelloResponse {
    calls.set(this.#name, (calls.get(this.#name) ?? 0) + 1);
    return new HelloResponse().setValue(`Hello ${request.getValue()}`);
  }
}

const names = ["A", "B", "C"];
const servers = names.map((name) =>
  createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, new NamedServicer(name))] }),
);
const addresses = (await Promise.all(servers.map((server) => server.start()))).flat();
await using client = new HelloClient(`ipv4:${addresses.join(",")}`);

async function call(times: number): Promise<void> {
  calls.clear();
  for (let index = 0; index < times; index++) {
    await client.hello("World");
  }
}

// At first, calls go only to the servers that are already connected.
while (calls.size < names.length) {
  await client.hello("World");
}

await call(30);
for (const name of names) {
  console.log(`${name} answered ${calls.get(name)} of 30 calls`);
}

await servers[2]?.shutdown();
await call(30);
console.log(`C has shut down: ${[...calls.keys()].sort().join(" and ")} answered all 30 calls`);

await Promise.all(servers.map((server) => server.shutdown()));
