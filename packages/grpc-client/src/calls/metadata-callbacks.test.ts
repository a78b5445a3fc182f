import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, type ServerWritableStream, type sendUnaryData, status } from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { type Chat, echoRequest } from "../../test/chat-server.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestsOf } from "../../test/request-source.js";
import { echo, fail, serve } from "../../test/test-server.js";
import type { ReceivedMetadata, StreamOptions } from "../index.js";

function metadataOf(name: string, value: string | Buffer): Metadata {
  const metadata = new Metadata();
  metadata.set(name, value);
  return metadata;
}

const trailers = metadataOf("x-last-bin", Buffer.from([1, 2]));

interface MetadataSender {
  sendMetadata(metadata: Metadata): void;
}

/** Starts a server that sends metadata and trailers in calls of every kind. */
function serveMetadata() {
  const { clientStream, serverStream, bidiStream } = EchoService;
  const sendHeaders = (call: MetadataSender) => call.sendMetadata(metadataOf("x-first", "1"));
  return serve({
    handler(call, callback) {
      sendHeaders(call);
      echo(call, (error, response) => callback(error, response, trailers));
    },
    services: [
      [
        { clientStream, serverStream, bidiStream },
        {
          clientStream(call: MetadataSender, callback: sendUnaryData<EchoResponse>) {
            sendHeaders(call);
            callback(null, new EchoResponse(), trailers);
          },
          serverStream(call: ServerWritableStream<EchoRequest, EchoResponse>) {
            sendHeaders(call);
            call.write(new EchoResponse());
            call.end(trailers);
          },
          bidiStream(call: Chat) {
            sendHeaders(call);
            call.on("data", (request: EchoRequest) => echoRequest(call, request));
            call.on("end", () => call.end(trailers));
          },
        },
      ],
    ],
  });
}

/** Reads a stream of responses to its end. */
async function drain(responses: AsyncIterable<unknown>): Promise<void> {
  for await (const _ of responses) {
    // The tests check only the metadata.
  }
}

const kinds: Readonly<Record<string, (client: EchoClient, options: StreamOptions) => Promise<unknown>>> = {
  unary: (client, options) => client.echo("a", options),
  "client stream": (client, options) => client.collect(requestsOf("a"), options),
  "server stream": (client, options) => drain(client.echoStream("a", 1, options)),
  "bidirectional stream": (client, options) => drain(client.chat(requestsOf("a"), options)),
};

for (const [kind, call] of Object.entries(kinds)) {
  test(`calls onMetadata and onTrailers once in a ${kind} call`, async () => {
    await using server = await serveMetadata();
    await using client = new EchoClient(server.target);
    const received: (readonly [string, ReceivedMetadata])[] = [];
    await call(client, {
      onMetadata: (metadata) => received.push(["metadata", metadata]),
      onTrailers: (metadata) => received.push(["trailers", metadata]),
    });
    assert.deepEqual(
      received.map(([name]) => name),
      ["metadata", "trailers"],
    );
    assert.deepEqual(received[0]?.[1]["x-first"], ["1"]);
    assert.deepEqual(received[1]?.[1]["x-last-bin"], [Buffer.from([1, 2])]);
    assert.equal(received[1]?.[1]["toString"], undefined);
  });

  test(`fails a ${kind} call whose callback throws, with the error as the cause`, async () => {
    await using server = await serveMetadata();
    await using client = new EchoClient(server.target);
    for (const name of ["onMetadata", "onTrailers"]) {
      const cause = new Error("unexpected");
      const options = {
        [name]() {
          throw cause;
        },
      };
      await assert.rejects(call(client, options), {
        status: "CANCELLED",
        details: `${name} failed: unexpected`,
        cause,
      });
    }
    await call(client, {});
  });
}

test("calls only onTrailers if the server sends no metadata before a failure", async () => {
  await using server = await serve({ handler: fail(status.ABORTED, "busy", { "x-last": "1" }) });
  await using client = new EchoClient(server.target);
  const received: ReceivedMetadata[] = [];
  const onMetadata = () => assert.fail("the server sent no metadata");
  const onTrailers = (metadata: ReceivedMetadata) => received.push(metadata);
  await assert.rejects(client.echo("a", { onMetadata, onTrailers }), { status: "ABORTED" });
  assert.equal(received.length, 1);
  assert.deepEqual(received[0]?.["x-last"], ["1"]);
});

test("keeps the status of a failed call whose onTrailers throws", async () => {
  await using server = await serve({ handler: fail(status.ABORTED, "busy") });
  await using client = new EchoClient(server.target);
  const cause = new Error("unexpected");
  const onTrailers = () => {
    throw cause;
  };
  await assert.rejects(client.echo("a", { onTrailers }), { status: "ABORTED", details: "busy", cause });
});

test("calls onMetadata only for the last attempt, without the attempt count of grpc-js", async () => {
  let attempts = 0;
  await using server = await serve({
    handler(call, callback) {
      attempts += 1;
      if (attempts === 1) {
        fail(status.UNAVAILABLE, "busy")(call, callback);
      } else {
        call.sendMetadata(metadataOf("x-attempt", String(attempts)));
        echo(call, callback);
      }
    },
  });
  await using client = new EchoClient(server.target, { retry: { initialBackoffMs: 1 } });
  const received: ReceivedMetadata[] = [];
  const onMetadata = (metadata: ReceivedMetadata) => received.push(metadata);
  await client.echo("a", { onMetadata });
  assert.deepEqual(
    received.map((metadata) => metadata["x-attempt"]),
    [["2"]],
  );
  assert.equal(received[0]?.["grpc-previous-rpc-attempts"], undefined);
});
