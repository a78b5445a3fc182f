/** Streams messages to or from a server, and prints by how much this process grew: target, direction, bytes, messages. */
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { ServiceClient } from "../src/index.js";

const [target = "", direction, payloadBytes, count] = process.argv.slice(2);
const message = new EchoRequest().setPayload(new Uint8Array(Number(payloadBytes)));
let peak = 0;
let messages = 0;

function sample(): void {
  messages += 1;
  if (messages % 500 === 0) {
    peak = Math.max(peak, process.memoryUsage.rss());
  }
}

class StreamClient extends ServiceClient {
  async stream(length: number): Promise<void> {
    const options = { timeoutMs: 600_000 };
    if (direction === "upload") {
      await this.clientStream(EchoService.clientStream, requests(length), options);
      return;
    }
    const request = message.cloneMessage().setCount(length);
    for await (const _ of this.serverStream(EchoService.serverStream, request, options)) {
      sample();
    }
  }
}

function* requests(length: number): Generator<EchoRequest> {
  for (let index = 0; index < length; index += 1) {
    sample();
    yield message;
  }
}

await using client = new StreamClient(target);
// Warms up: code is compiled, and the heap takes its size.
await client.stream(Math.ceil(Number(count) / 4));
const base = process.memoryUsage.rss();
peak = base;
await client.stream(Number(count));
console.log(peak - base);
