import assert from "node:assert/strict";
import { test } from "node:test";
import { type ServerReadableStream, type ServerWritableStream, type sendUnaryData, status } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoEach, serveChats, valuesOf } from "../../test/chat-server.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestsOf } from "../../test/request-source.js";
import { serve } from "../../test/test-server.js";

const busy = { code: status.UNAVAILABLE, details: "busy" };
const retry = { initialBackoffMs: 1 };

/**
 * Starts a server of client streams that fails the first attempt after `failAfter` requests, and records all requests.
 */
async function serveUploads(failAfter: number) {
  const { clientStream } = EchoService;
  const attempts: string[][] = [];
  const server = await serve({
    services: [
      [
        { clientStream },
        {
          clientStream(call: ServerReadableStream<EchoRequest, EchoResponse>, callback: sendUnaryData<EchoResponse>) {
            const values: string[] = [];
            const isFirst = attempts.push(values) === 1;
            call.on("data", (request: EchoRequest) => {
              values.push(request.getValue());
              if (isFirst && values.length === failAfter) {
                callback(busy);
              }
            });
            call.on("end", () => callback(null, new EchoResponse().setValue(values.join())));
          },
        },
      ],
    ],
  });
  return Object.assign(server, { attempts });
}

/** Starts a server of server streams that fails the first attempt after `failAfter` responses. */
async function serveResponses(failAfter: number) {
  const { serverStream } = EchoService;
  let attempts = 0;
  const server = await serve({
    services: [
      [
        { serverStream },
        {
          serverStream(call: ServerWritableStream<EchoRequest, EchoResponse>) {
            attempts += 1;
            const isFirst = attempts === 1;
            for (let index = 0; index < (isFirst ? failAfter : 3); index += 1) {
              call.write(new EchoResponse().setValue(String(index)));
            }
            if (isFirst) {
              call.emit("error", busy);
            } else {
              call.end();
            }
          },
        },
      ],
    ],
  });
  return Object.assign(server, { attempts: () => attempts });
}

test("retries a server stream that fails before its first response", async () => {
  await using server = await serveResponses(0);
  await using client = new EchoClient(server.target, { retry });
  const values: string[] = [];
  for await (const value of client.echoStream("a", 3)) {
    values.push(value);
  }
  assert.deepEqual(values, ["0", "1", "2"]);
  assert.equal(server.attempts(), 2);
});

test("does not retry a server stream after its first response", async () => {
  await using server = await serveResponses(1);
  await using client = new EchoClient(server.target, { retry });
  const values = client.echoStream("a", 3);
  assert.equal((await values.next()).value, "0");
  await assert.rejects(values.next(), { status: "UNAVAILABLE", attempts: 1 });
  assert.equal(server.attempts(), 1);
});

for (const failAfter of [1, 200, 499]) {
  test(`sends all requests of a client stream again if the first attempt fails after ${failAfter}`, async () => {
    const values = Array.from({ length: 500 }, (_, index) => String(index));
    await using server = await serveUploads(failAfter);
    await using client = new EchoClient(server.target, { retry });
    assert.equal(await client.collect(requestsOf(...values)), values.join());
    assert.equal(server.attempts.length, 2);
  });
}

test("does not retry a client stream whose requests exceed the retry buffer", async () => {
  await using server = await serveUploads(20);
  await using client = new EchoClient(server.target, { retry });
  const requests = Array.from({ length: 20 }, () => new EchoRequest().setPayload(new Uint8Array(100_000)));
  await assert.rejects(client.collect(requests), { status: "UNAVAILABLE", attempts: 1 });
  assert.equal(server.attempts.length, 1);
});

test("sends the requests of a bidirectional stream again if it fails before its first response", async () => {
  let attempts = 0;
  await using server = await serveChats((call) => {
    attempts += 1;
    if (attempts === 1) {
      call.once("data", () => call.emit("error", busy));
    } else {
      echoEach(call);
    }
  });
  await using client = new EchoClient(server.target, { retry });
  assert.deepEqual(await valuesOf(client.chat(requestsOf("a", "b"))), ["a", "b"]);
  assert.equal(attempts, 2);
});
