/**
 * Health: a service reports when it cannot serve, and a watching client is notified at once.
 *
 * Run with `pnpm --filter examples start health-watching`.
 */
import { HelloClient } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

const servicer: Servicer<typeof HelloService> = {
  hello: (request) => new HelloResponse().setValue(`Hello ${request.getValue()}`),
};

const server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
await using client = new HelloClient(address);

const watch = client.watchHealth("Hello");
async function printNext(situation: string): Promise<void> {
  const { value: status } = await watch.next();
  console.log(`${situation}: ${status}`);
}

await printNext("at the start");
server.health.setStatus("Hello", "NOT_SERVING");
await printNext("the database is down");
server.health.setStatus("Hello", "SERVING");
await printNext("the database is up again");
const stopped = server.shutdown();
await printNext("the server shuts down");
await stopped;
