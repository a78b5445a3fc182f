/**
 * Deadline and cancellation: both end the call on the client, and abort the handler's signal so that it stops its work.
 *
 * Run with `pnpm --filter examples start deadline-and-cancellation`.
 */
import { EventEmitter, once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { HelloClient, RpcError } from "@hello/client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

const handlers = new EventEmitter();

const servicer: Servicer<typeof HelloService> = {
  async hello(request, call) {
    handlers.emit("started");
    try {
      // Pass the signal to everything that takes time: timers, fetch, database queries, other calls.
      await delay(60_000, undefined, { signal: call.signal });
    } finally {
      handlers.emit("stopped", request.getValue());
    }
    return new HelloResponse().setValue(`Hello ${request.getValue()}`);
  },
};

function report(error: unknown): void {
  if (!(error instanceof RpcError)) {
    throw error;
  }
  console.log(`client: ${error.status}${error.cause ? `, because ${error.cause}` : ""}`);
}

await using server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(HelloService, servicer)] });
const [address = ""] = await server.start();
await using client = await HelloClient.connect(address);

const expired = once(handlers, "stopped");
await client.hello("Ada", { timeoutMs: 500 }).catch(report);
console.log(`server: stopped working for ${await expired}`);

const started = once(handlers, "started");
const cancelled = once(handlers, "stopped");
const controller = new AbortController();
const call = client.hello("Grace", { signal: controller.signal });
await started;
controller.abort("the user left");
await call.catch(report);
console.log(`server: stopped working for ${await cancelled}`);
