/**
 * Feed of events that outlives a server: after a lost connection the client resumes with the first event that it has not
 * seen, so that it misses none and sees none twice.
 *
 * Run with `pnpm --filter examples start server-push-with-resume`.
 */
import { EventEmitter, once } from "node:events";
import { RpcError, ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";

// In a real service a database keeps the events, and tells every server of new ones.
const events: string[] = [];
const feed = new EventEmitter().setMaxListeners(0);

function publish(...added: readonly string[]): void {
  events.push(...added);
  feed.emit("added");
}

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async *serverStream(request, call) {
    // The count of the request is the number of events that the client has seen.
    for (let index = request.getCount(); ; index++) {
      while (index >= events.length) {
        await once(feed, "added", { signal: call.signal });
      }
      yield new EchoResponse().setValue(events[index] ?? "");
    }
  },
};

class FeedClient extends ServiceClient {
  async *follow(): AsyncGenerator<string> {
    let seen = 0;
    while (true) {
      try {
        for await (const response of this.serverStream(EchoService.serverStream, new EchoRequest().setCount(seen))) {
          seen++;
          yield response.getValue();
        }
      } catch (error) {
        // The latter ends a call that gets no first event within `timeoutMs`.
        if (!(error instanceof RpcError && ["UNAVAILABLE", "DEADLINE_EXCEEDED"].includes(error.status))) {
          throw error;
        }
        console.log(`connection lost after ${seen} events: ${error.details}`);
      }
    }
  }
}

// The streams never end by themselves, so a shutdown need not wait for them.
const options = { addresses: ["127.0.0.1:0"], shutdownGraceMs: 0, services: [bindService(EchoService, servicer)] };
const [first, second] = [createServer(options), createServer(options)];
const target = `ipv4:${[...(await first.start()), ...(await second.start())].join(",")}`;
await using client = new FeedClient(target, { loadBalancing: "pick_first", waitForReady: true });

publish("one", "two");
for await (const event of client.follow()) {
  console.log(event);
  if (event === "two") {
    await first.shutdown();
    publish("three", "four");
  } else if (event === "four") {
    break;
  }
}

await second.shutdown();
