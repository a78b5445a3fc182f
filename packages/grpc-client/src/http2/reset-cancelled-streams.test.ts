import assert from "node:assert/strict";
import { constants } from "node:http2";
import { test } from "node:test";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { type Chat, serveChats } from "../../test/chat-server.js";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { endsRequests, recordFrames } from "../../test/frame-log.js";
import { requestSource } from "../../test/request-source.js";
import { serve } from "../../test/test-server.js";
import type { ClientOptions } from "../index.js";

/** Starts a server that answers the first request of a bidirectional stream, and does not answer uploads. */
async function serveUploads() {
  const { clientStream, bidiStream } = EchoService;
  const arrived = deferred();
  const server = await serve({
    services: [
      [
        { clientStream, bidiStream },
        {
          clientStream: () => arrived.resolve(),
          bidiStream(call: Chat) {
            call.once("data", (request: EchoRequest) =>
              call.write(new EchoResponse().setPayload(request.getPayload())),
            );
            arrived.resolve();
          },
        },
      ],
    ],
  });
  const log = await recordFrames(server.target);
  return Object.assign(log, { arrived: arrived.promise, server });
}

type Uploads = Awaited<ReturnType<typeof serveUploads>>;

/** Ways to end a call before its requests are complete. */
const cancellations: Readonly<Record<string, (client: EchoClient, server: Uploads) => Promise<unknown>>> = {
  "an upload whose signal aborts": async (client, server) => {
    const controller = new AbortController();
    const call = client.collect(requestSource({ limit: 2 }), { signal: controller.signal });
    void server.arrived.then(() => controller.abort());
    await call;
  },
  "an upload whose parent is cancelled": async (client, server) => {
    const controller = new AbortController();
    const parent = { signal: controller.signal, deadline: undefined };
    const call = client.collect(requestSource({ limit: 2 }), { parent });
    void server.arrived.then(() => controller.abort());
    await call;
  },
  "an upload whose deadline passes": (client) => client.collect(requestSource({ limit: 2 }), { timeoutMs: 1_000 }),
  "an upload that exceeds the idle limit": (client) =>
    client.collect(requestSource({ limit: 2 }), { idleTimeoutMs: 1_000 }),
  "an upload whose requests fail": (client, server) =>
    client.collect(
      (async function* () {
        yield new EchoRequest().setValue("a");
        await server.arrived;
        throw new Error("disk full");
      })(),
    ),
  "an upload with a request that cannot be encoded": (client, server) =>
    client.collect(
      (async function* () {
        yield new EchoRequest().setValue("a");
        await server.arrived;
        yield new EchoRequest().setValue("\ud800");
      })(),
    ),
  "an upload with a request that is too large": (client, server) =>
    client.collect(
      (async function* () {
        yield new EchoRequest().setValue("a");
        await server.arrived;
        yield new EchoRequest().setPayload(new Uint8Array(2_000));
      })(),
    ),
  "a bidirectional stream whose loop ends": async (client) => {
    for await (const _ of client.chat(requestSource({ limit: 2 }))) {
      break;
    }
  },
  "a bidirectional stream whose client closes": async (client) => {
    const chat = client.chat(requestSource({ limit: 2 }));
    await chat.next();
    client.close();
  },
  "a bidirectional stream with a response that is too large": async (client) => {
    const chat = client.chat(requestSource({ limit: 1, payloadBytes: 950 }), { timeoutMs: 60_000 });
    await chat.next();
  },
};

const limits: ClientOptions = { maxSendMessageBytes: 1_000, maxReceiveMessageBytes: 900, timeoutMs: 60_000 };

for (const [name, cancel] of Object.entries(cancellations)) {
  test(`resets ${name}, without ending its requests`, async () => {
    await using server = await serveUploads();
    await using _ = server.server;
    await using client = new EchoClient(server.target, limits);
    await client.echo("a");
    const sent = server.frames.length;
    await cancel(client, server).catch(() => {});
    const reset = await server.frame("RST_STREAM");
    assert.equal(reset.payload.readUInt32BE(), constants.NGHTTP2_CANCEL);
    assert.deepEqual(server.frames.slice(sent).filter(endsRequests), []);
  });
}

test("resets a discarded hedged attempt, without ending its requests", async () => {
  let attempts = 0;
  await using server = await serveChats((call) => {
    attempts += 1;
    if (attempts === 2) {
      call.write(new EchoResponse());
    }
  });
  await using log = await recordFrames(server.target);
  await using client = new EchoClient(log.target, { hedging: { delayMs: 1, maxAttempts: 2 } });
  const chat = client.chat(requestSource({ limit: 1 }));
  await chat.next();
  const reset = await log.frame("RST_STREAM");
  assert.equal(reset.payload.readUInt32BE(), constants.NGHTTP2_CANCEL);
  assert.deepEqual(log.frames.filter(endsRequests), []);
  await chat.return();
});

test("ends the requests of a complete call", async () => {
  await using server = await serveChats();
  await using log = await recordFrames(server.target);
  await using client = new EchoClient(log.target);
  for await (const _ of client.chat([new EchoRequest()])) {
    // The stream ends after the requests.
  }
  await client.echo("a");
  assert.equal(log.frames.filter(endsRequests).length, 2);
});
