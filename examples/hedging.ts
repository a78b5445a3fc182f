/**
 * Hedging: if a server is slow to respond, the client also sends the call to another server. The first response wins,
 * and the other call is cancelled.
 *
 * Run with `pnpm --filter examples start hedging`.
 */
import { EventEmitter, once } from "node:events";
import { HelloClient } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

const handlers = new EventEmitter();
let calls = 0;

const servicer: Servicer<typeof HelloService> = {
  async hello(request, call) {
    if (calls++ === 0) {
      console.log("first server: stuck");
      await once(call.signal, "abort");
      handlers.emit("cancelled");
    } else {
      console.log("second server: responds");
    }
    return new HelloResponse().setValue(`Hello ${request.getValue()}`);
  },
};

const options = { addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] };
const servers = [createServer(options), createServer(options)];
const addresses = (await Promise.all(servers.map((server) => server.start()))).flat();
await using client = new HelloClient(`ipv4:${addresses.join(",")}`, { hedging: { delayMs: 50, maxAttempts: 2 } });

const cancelled = once(handlers, "cancelled");
console.log(`client: ${await client.hello("World")}`);
await cancelled;
console.log("first server: cancelled");

await Promise.all(servers.map((server) => server.shutdown()));
