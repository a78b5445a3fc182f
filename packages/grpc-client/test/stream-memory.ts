/**
 * Streams messages to or from a server, and prints how many bytes of memory this process used for that.
 *
 * Arguments: target, `upload` or `download`, bytes per message, number of messages.
 */
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { ServiceClient } from "../src/index.js";

const [target = "", direction, payloadBytes, count] = process.argv.slice(2);
const message = new EchoRequest().setPayload(new Uint8Array(Number(payloadBytes)));
let peakBytes = 0;
let messages = 0;

/** Updates the peak at every 500th message. */
function sampleMemory(): void {
  messages += 1;
  if (messages % 500 === 0) {
    peakBytes = Math.max(peakBytes, process.memoryUsage.rss());
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
      sampleMemory();
    }
  }
}

function* requests(length: number): Generator<EchoRequest> {
  for (let index = 0; index < length; index += 1) {
    sampleMemory();
    yield message;
  }
}

await using client = new StreamClient(target);
// Warms up, so that compilation and the first growth of the heap do not count.
await client.stream(Math.ceil(Number(count) / 4));
const baseBytes = process.memoryUsage.rss();
peakBytes = baseBytes;
await client.stream(Number(count));
console.log(peakBytes - baseBytes);
