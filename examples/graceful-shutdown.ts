/**
 * Graceful shutdown: calls in progress finish, a long stream says goodbye, and new calls are refused.
 *
 * Run with `pnpm --filter examples start graceful-shutdown`.
 */
import { EventEmitter, once } from "node:events";
import { RpcError, ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";

const database = new EventEmitter();

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async unary(request, call) {
    database.emit("query");
    await once(database, "result", { signal: call.signal });
    return new EchoResponse().setValue(request.getValue());
  },
  async *serverStream(_request, call) {
    yield new EchoResponse().setValue("welcome");
    if (!call.draining.aborted) {
      await once(call.draining, "abort", { signal: call.signal });
    }
    yield new EchoResponse().setValue("goodbye: the server restarts");
  },
};

class EchoClient extends ServiceClient {
  echo(value: string) {
    return this.unary(EchoService.unary, new EchoRequest().setValue(value));
  }

  listen() {
    return this.serverStream(EchoService.serverStream, new EchoRequest());
  }
}

const server = createServer({
  addresses: ["127.0.0.1:0"],
  // Calls that take longer than this are cancelled.
  shutdownGraceMs: 10_000,
  services: [bindService(EchoService, servicer)],
});
const [address = ""] = await server.start();
await using client = new EchoClient(address);

const query = once(database, "query");
const slow = client.echo("answered all the same");
await query;

let stopped: Promise<void> | undefined;
for await (const message of client.listen()) {
  console.log(`stream: ${message.getValue()}`);
  // runServer does this on SIGTERM and SIGINT.
  stopped ??= server.shutdown();
}

await using late = new EchoClient(address, { retry: false });
await late.echo("too late").catch((error: unknown) => {
  console.log(`new call: ${error instanceof RpcError ? error.status : error}`);
});

database.emit("result");
console.log(`call in progress: ${(await slow).getValue()}`);
await stopped;
console.log("the server has stopped");
