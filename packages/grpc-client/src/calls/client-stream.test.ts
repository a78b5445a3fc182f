import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { test } from "node:test";
import { type ServerReadableStream, type sendUnaryData, status } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestSource, requestsOf } from "../../test/request-source.js";
import { serve } from "../../test/test-server.js";
import { ServiceClient } from "../service-client.js";

type Upload = ServerReadableStream<EchoRequest, EchoResponse>;
type Callback = sendUnaryData<EchoResponse>;

/** Responds with the values of the requests, separated by commas. */
function join(call: Upload, callback: Callback): void {
  const values: string[] = [];
  call.on("data", (request: EchoRequest) => values.push(request.getValue()));
  call.on("end", () => callback(null, new EchoResponse().setValue(values.join())));
}

function serveUploads(handler: (call: Upload, callback: Callback) => void = join) {
  const { clientStream } = EchoService;
  return serve({ services: [[{ clientStream }, { clientStream: handler }]] });
}

/** Starts a server that never responds. `arrived` resolves with its first call. */
async function serveSilently() {
  const arrived = deferred<Upload>();
  const server = await serveUploads((call) => arrived.resolve(call));
  return Object.assign(server, { arrived: arrived.promise });
}

test("sends the requests of an array or a generator and returns the response", async () => {
  await using server = await serveUploads();
  await using client = new EchoClient(server.target);
  assert.equal(await client.collect(requestsOf("a", "b", "c")), "a,b,c");
  assert.equal(await client.collect([]), "");
  async function* generate() {
    yield* requestsOf("d", "e");
  }
  assert.equal(await client.collect(generate()), "d,e");
});

test("sends many requests in order", async () => {
  await using server = await serveUploads();
  await using client = new EchoClient(server.target);
  const values = Array.from({ length: 1_000 }, (_, index) => String(index));
  assert.equal(await client.collect(requestsOf(...values)), values.join());
});

test("returns the response and closes the request iterator if the server responds before the requests end", async () => {
  await using server = await serveUploads((call, callback) => {
    call.once("data", () => callback(null, new EchoResponse().setValue("enough")));
  });
  await using client = new EchoClient(server.target);
  for (let round = 0; round < 50; round += 1) {
    const requests = requestSource({ payloadBytes: round % 2 === 0 ? 0 : 64 * 1024 });
    assert.equal(await client.collect(requests), "enough");
    await requests.returned;
  }
});

for (const failAfter of [0, 3]) {
  test(`rejects with a status that the server sends after ${failAfter} requests`, async () => {
    await using server = await serveUploads((call, callback) => {
      const fail = () => callback({ code: status.FAILED_PRECONDITION, details: "no more" });
      let count = 0;
      call.on("data", () => {
        count += 1;
        if (count === failAfter) {
          fail();
        }
      });
      if (failAfter === 0) {
        fail();
      }
    });
    await using client = new EchoClient(server.target);
    const requests = requestSource({ limit: failAfter });
    await assert.rejects(client.collect(requests), { status: "FAILED_PRECONDITION", details: "no more" });
    await requests.returned;
  });
}

test("cancels the call when the request iterable throws, with the error as the cause", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target);
  const error = new Error("disk full");
  let cancelled: Promise<unknown> | undefined;
  async function* generate() {
    yield* requestsOf("a");
    cancelled = once(await server.arrived, "cancelled");
    throw error;
  }
  await assert.rejects(client.collect(generate()), {
    status: "CANCELLED",
    details: "the request stream failed: disk full",
    cause: error,
  });
  await cancelled;
});

test("fails the call when serializing a request fails, and closes the request iterator", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target);
  let finished = false;
  function* generate() {
    try {
      yield* requestsOf("\ud800");
    } finally {
      finished = true;
    }
  }
  await assert.rejects(client.collect(generate()), { status: "INTERNAL", details: /^failed to serialize a request: / });
  assert.ok(finished);
});

test("cancels the call, closes the request iterator and removes its listener when the signal aborts", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const requests = requestSource({ limit: 1 });
  const rejected = assert.rejects(client.collect(requests, { signal: controller.signal }), {
    status: "CANCELLED",
    cause: "enough",
  });
  const cancelled = once(await server.arrived, "cancelled");
  controller.abort("enough");
  await Promise.all([rejected, cancelled, requests.returned]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
  const unread = requestSource();
  await assert.rejects(client.collect(unread, { signal: controller.signal }), { status: "CANCELLED" });
  assert.equal(unread.count, 0);
});

test("applies the timeout to the whole call and sends the deadline to the server", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target, { timeoutMs: 1_000 });
  const requests = requestSource({ limit: 1 });
  const rejected = assert.rejects(client.collect(requests), {
    status: "DEADLINE_EXCEEDED",
    details: /did not respond within 1000 ms$/,
  });
  const remainingMs = Number((await server.arrived).getDeadline()) - Date.now();
  assert.ok(remainingMs <= 1_000, `${remainingMs} ms remain`);
  await rejected;
  await requests.returned;
});

test("fails a call without messages after the idle timeout", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
  await assert.rejects(client.collect(requestSource({ limit: 2 }), { idleTimeoutMs: 100 }), {
    status: "DEADLINE_EXCEEDED",
    details: "no message was sent or received for 100 ms",
  });
  await assert.rejects(client.collect([], { idleTimeoutMs: Number.NaN }), {
    name: "TypeError",
    message: /^idleTimeoutMs/,
  });
});

test("applies the deadline and cancellation of the parent call", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
  const controller = new AbortController();
  const parent = { signal: controller.signal, deadline: new Date(Date.now() + 10_000) };
  const rejected = assert.rejects(client.collect(requestSource({ limit: 1 }), { parent }), {
    status: "CANCELLED",
    details: "the parent call was cancelled",
  });
  const call = await server.arrived;
  assert.ok(Number(call.getDeadline()) - Date.now() <= 10_000);
  const cancelled = once(call, "cancelled");
  controller.abort();
  await Promise.all([rejected, cancelled]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("finishes an open call after close(), and rejects later calls without reading their requests", async () => {
  await using server = await serveUploads();
  const client = new EchoClient(server.target);
  const call = client.collect(
    (async function* () {
      yield* requestsOf("a");
      await client.echo("World");
      client.close();
      yield* requestsOf("b");
    })(),
  );
  assert.equal(await call, "a,b");
  const unread = requestSource();
  await assert.rejects(client.collect(unread), { status: "CANCELLED", details: "the client is closed" });
  assert.equal(unread.count, 0);
});

test("rejects a method of another kind", async () => {
  class WrongClient extends ServiceClient {
    call() {
      return this.clientStream(EchoService.unary, [new EchoRequest()]);
    }
  }
  await using client = new WrongClient("127.0.0.1:1");
  await assert.rejects(client.call(), {
    name: "TypeError",
    message: /Unary takes one request and returns one response: call it with unary\(\)$/,
  });
});
