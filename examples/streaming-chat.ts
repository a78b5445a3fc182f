/**
 * Chat room: everyone writes and reads on one bidirectional stream, and the server passes each message on to all.
 *
 * Run with `pnpm --filter examples start streaming-chat`.
 */
import { PassThrough } from "node:stream";
import { status } from "@grpc/grpc-js";
import { ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer, StatusError } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";

const inboxes = new Set<PassThrough>();

function broadcast(message: string): void {
  for (const inbox of inboxes) {
    if (!inbox.write(new EchoResponse().setValue(message))) {
      // Otherwise the messages for a guest who does not read would fill the memory.
      inbox.destroy(new StatusError(status.RESOURCE_EXHAUSTED, "too many unread messages"));
    }
  }
}

async function relay(name: string, requests: AsyncIterable<EchoRequest>, inbox: PassThrough): Promise<void> {
  inboxes.add(inbox);
  broadcast(`${name} joined`);
  try {
    for await (const request of requests) {
      broadcast(`${name}: ${request.getValue()}`);
    }
  } finally {
    inboxes.delete(inbox);
    broadcast(`${name} left`);
  }
  inbox.end();
}

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async *bidiStream(requests, call) {
    const inbox = new PassThrough({ objectMode: true });
    // Reads requests while this handler yields responses.
    relay(String(call.metadata.get("name")[0]), requests, inbox).catch((error) => inbox.destroy(error));
    yield* inbox;
  },
};

class ChatClient extends ServiceClient {
  join(name: string) {
    const outbox = new PassThrough({ objectMode: true });
    const responses = this.bidiStream(EchoService.bidiStream, outbox, { metadata: { name } });
    return {
      say: (text: string) => outbox.write(new EchoRequest().setValue(text)),
      leave: () => responses.return(),
      async read() {
        const { value: response } = await responses.next();
        console.log(`${name} reads "${response?.getValue()}"`);
      },
    };
  }
}

const server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(EchoService, servicer)] });
const [address = ""] = await server.start();
await using client = new ChatClient(address);

const ada = client.join("Ada");
const grace = client.join("Grace");
await ada.read();
await grace.read();
await ada.read();
ada.say("Hello, Grace!");
await grace.read();
await ada.read();
grace.say("Hello, Ada!");
await ada.read();
await grace.leave();
await ada.read();
await ada.leave();

await server.shutdown();
