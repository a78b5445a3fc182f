import assert from "node:assert/strict";
import { createServer } from "node:http2";
import { buffer } from "node:stream/consumers";
import { test } from "node:test";
import zlib from "node:zlib";
import type { ServerReadableStream, sendUnaryData } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { message } from "@hello/testing/http2-frames";
import { listen } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";

interface ReceivedCall {
  readonly encoding: string | undefined;
  readonly body: Buffer;
}

/** Starts a server that records its calls and answers each with a compressed message. */
async function serveGzip(compressed: Buffer) {
  const calls: ReceivedCall[] = [];
  const server = createServer();
  server.on("stream", async (stream, headers) => {
    calls.push({ encoding: headers["grpc-encoding"]?.toString(), body: await buffer(stream) });
    const response = { ":status": 200, "content-type": "application/grpc", "grpc-encoding": "gzip" };
    stream.respond(response, { waitForTrailers: true });
    stream.on("error", () => {
      // The client resets the stream if the response is too large.
    });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(message(compressed, { compressed: true }));
  });
  return Object.assign(await listen(server), { calls });
}

const text = "a".repeat(10_000);

test("sends compressed requests and reads compressed responses", async () => {
  const response = EchoService.unary.responseSerialize(new EchoResponse().setValue(text));
  await using server = await serveGzip(zlib.gzipSync(response));
  await using client = new EchoClient(server.address, { compression: "gzip" });
  assert.equal(await client.echo(text), text);
  const { encoding, body = Buffer.of() } = server.calls[0] ?? {};
  assert.equal(encoding, "gzip");
  assert.equal(body[0], 1);
  assert.ok(body.length < 1_000, `${body.length} bytes`);
  assert.equal(EchoRequest.deserializeBinary(zlib.gunzipSync(body.subarray(5))).getValue(), text);
});

test("does not compress requests by default", async () => {
  await using server = await serveGzip(zlib.gzipSync(Buffer.of()));
  await using client = new EchoClient(server.address);
  assert.equal(await client.echo(text), "");
  assert.equal(server.calls[0]?.encoding, undefined);
  assert.equal(server.calls[0]?.body[0], 0);
});

test("sends the compressed requests of a stream in order", async () => {
  const { clientStream } = EchoService;
  await using server = await serve({
    services: [
      [
        { clientStream },
        {
          clientStream(call: ServerReadableStream<EchoRequest, EchoResponse>, callback: sendUnaryData<EchoResponse>) {
            const values: string[] = [];
            call.on("data", (request: EchoRequest) => values.push(request.getValue()));
            call.on("end", () => callback(null, new EchoResponse().setValue(values.join())));
          },
        },
      ],
    ],
  });
  await using client = new EchoClient(server.target, { compression: "gzip" });
  // Large requests take longer to compress than small ones.
  const requests = Array.from({ length: 200 }, (_, index) =>
    new EchoRequest().setValue(String(index)).setPayload(new Uint8Array(index % 2 === 0 ? 100_000 : 0)),
  );
  assert.equal(await client.collect(requests), requests.map((request) => request.getValue()).join());
});

test("rejects a response that decompresses to more than the limit, without decompressing all of it", async (t) => {
  const limit = 2 ** 21;
  // 1 GiB, compressed to 1 MiB.
  const bomb = Buffer.concat(Array<Buffer>(64).fill(zlib.gzipSync(new Uint8Array(2 ** 24))));
  let inflatedBytes = 0;
  const { createGunzip } = zlib;
  t.mock.method(zlib, "createGunzip", () =>
    createGunzip().on("data", (chunk: Buffer) => {
      inflatedBytes += chunk.length;
    }),
  );
  await using server = await serveGzip(bomb);
  await using client = new EchoClient(server.address, { maxReceiveMessageBytes: limit, timeoutMs: 60_000 });
  const before = process.memoryUsage().rss;
  await assert.rejects(client.echo("a"), {
    status: "RESOURCE_EXHAUSTED",
    details: `the response exceeds maxReceiveMessageBytes (${limit})`,
  });
  assert.ok(inflatedBytes > limit && inflatedBytes <= limit + 64 * 1024, `${inflatedBytes} bytes`);
  const growth = process.memoryUsage().rss - before;
  assert.ok(growth < 2 ** 27, `grew by ${growth} bytes`);
});
