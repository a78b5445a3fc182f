/**
 * Chat room: each guest writes and reads on one bidirectional stream, and the server sends every message to all guests.
 *
 * Run with `pnpm --filter examples start streaming-chat`.
 */
import { EventEmitter, on } from "node:events";
import { PassThrough, Readable } from "node:stream";
import { ServiceClient } from "@hello/grpc-client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";

const room = new EventEmitter().setMaxListeners(0);

const servicer: Servicer<typeof EchoService> = {
  ...echoServicer,
  async *bidiStream(requests, call) {
    const [name] = call.metadata.get("name");
    // A real server limits the number of unread messages.
    const messages = on(room, "message", { signal: call.signal });
    room.emit("message", `${name} joined`);
    // Reads requests while this handler yields responses, until the client cancels the call.
    Readable.from(requests)
      .on("data", (request: EchoRequest) => room.emit("message", `${name}: ${request.getValue()}`))
      .on("error", () => undefined);
    for await (const [message] of messages) {
      yield new EchoResponse().setValue(message);
    }
  },
};

class ChatClient extends ServiceClient {
  join(name: string) {
    const outbox = new PassThrough({ objectMode: true });
    const responses = this.bidiStream(EchoService.bidiStream, outbox, { metadata: { name } });
    return {
      say: (text: string) => outbox.write(new EchoRequest().setValue(text)),
      read: async () => console.log(`${name} reads "${(await responses.next()).value?.getValue()}"`),
    };
  }
}

await using server = createServer({ addresses: ["127.0.0.1:0"], services: [bindService(EchoService, servicer)] });
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
