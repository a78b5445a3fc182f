/**
 * Graceful shutdown: calls in progress have `shutdownGraceMs` to finish, streams end by themselves, and new calls fail.
 *
 * Run with `pnpm --filter examples start graceful-shutdown`.
 */
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { RpcError, ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async unary(request, call) {
    await delay(500, undefined, { signal: call.signal });
    return new EchoResponse().setValue(request.getValue());
  },
  async *serverStream(_request, call) {
    yield new EchoResponse().setValue("welcome");
    if (!call.draining.aborted) {
      await once(call.draining, "abort", { signal: call.signal });
    }
    yield new EchoResponse().setValue("the server is restarting");
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

const server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(EchoService, servicer)] });
const [address = ""] = await server.start();
await using client = new EchoClient(address, { retry: false });

const slow = client.echo("done");
let stopped: Promise<void> | undefined;
for await (const message of client.listen()) {
  console.log(`stream: ${message.getValue()}`);
  // runServer does this on SIGTERM and SIGINT.
  stopped ??= server.shutdown();
}
await client.echo("too late").catch((error: unknown) => {
  console.log(`new call: ${error instanceof RpcError ? error.status : error}`);
});
console.log(`call in progress: ${(await slow).getValue()}`);
await stopped;
console.log("the server has stopped");
