/**
 * Feed of events: after a lost connection, the client requests only the events that it has not received.
 *
 * Run with `pnpm --filter examples start server-push-with-resume`.
 */
import { once } from "node:events";
import { RpcError, ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";

const events = ["one", "two"];

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async *serverStream(request, call) {
    for (const event of events.slice(request.getCount())) {
      yield new EchoResponse().setValue(event);
    }
    // A real feed waits for further events here.
    await once(call.signal, "abort");
  },
};

class FeedClient extends ServiceClient {
  async *follow(): AsyncGenerator<string> {
    let received = 0;
    while (true) {
      try {
        const request = new EchoRequest().setCount(received);
        for await (const response of this.serverStream(EchoService.serverStream, request, { timeoutMs: Infinity })) {
          received++;
          yield response.getValue();
        }
      } catch (error) {
        if (!(error instanceof RpcError && error.status === "UNAVAILABLE")) {
          throw error;
        }
        console.log(`connection lost after ${received} events: ${error.details}`);
      }
    }
  }
}

const options = { addresses: ["127.0.0.1:0"], shutdownGraceMs: 0, services: [bindService(EchoService, servicer)] };
const [first, second] = [createServer(options), createServer(options)];
const target = `ipv4:${[...(await first.start()), ...(await second.start())].join(",")}`;
await using client = new FeedClient(target, { loadBalancing: "pick_first", waitForReady: true });

for await (const event of client.follow()) {
  console.log(event);
  if (event === "two") {
    await first.shutdown();
    events.push("three");
  } else if (event === "three") {
    break;
  }
}
await second.shutdown();
