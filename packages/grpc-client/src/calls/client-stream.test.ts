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

/** Answers with the values of the requests. */
function join(call: Upload, callback: Callback): void {
  const values: string[] = [];
  call.on("data", (request: EchoRequest) => values.push(request.getValue()));
  call.on("end", () => callback(null, new EchoResponse().setValue(values.join())));
}

function serveUploads(handler: (call: Upload, callback: Callback) => void = join) {
  const { clientStream } = EchoService;
  return serve({ services: [[{ clientStream }, { clientStream: handler }]] });
}

/** Starts a server that never answers, and hands its first call to the test. */
async function serveNothing() {
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

test("returns the response and the iterator if the server answers before the requests end", async () => {
  await using server = await serveUploads((call, callback) => {
    call.once("data", () => callback(null, new EchoResponse().setValue("enough")));
  });
  await using client = new EchoClient(server.target);
  for (let again = 0; again < 50; again += 1) {
    const requests = requestSource({ payloadBytes: again % 2 === 0 ? 0 : 64 * 1024 });
    assert.equal(await client.collect(requests), "enough");
    await requests.returned;
  }
});

test("rejects with the server's status, before the first request and after some", async () => {
  for (const failAt of [0, 3]) {
    await using server = await serveUploads((call, callback) => {
      const fail = () => callback({ code: status.FAILED_PRECONDITION, details: "no more" });
      let count = 0;
      call.on("data", () => {
        count += 1;
        if (count === failAt) {
          fail();
        }
      });
      if (failAt === 0) {
        fail();
      }
    });
    await using client = new EchoClient(server.target);
    const requests = requestSource({ limit: failAt });
    await assert.rejects(client.collect(requests), { status: "FAILED_PRECONDITION", details: "no more" });
    await requests.returned;
  }
});

test("an error in the requests cancels the call and is the cause", async () => {
  await using server = await serveNothing();
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
    details: "the requests failed: disk full",
    cause: error,
  });
  await cancelled;
});

test("fails a call with a request that cannot be encoded, and returns the iterator", async () => {
  await using server = await serveNothing();
  await using client = new EchoClient(server.target);
  let finished = false;
  function* generate() {
    try {
      yield* requestsOf("\ud800");
    } finally {
      finished = true;
    }
  }
  await assert.rejects(client.collect(generate()), { status: "INTERNAL", details: /^a request cannot be encoded: / });
  assert.ok(finished);
});

test("the signal cancels the call, returns the iterator and keeps no listener", async () => {
  await using server = await serveNothing();
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
  const untouched = requestSource();
  await assert.rejects(client.collect(untouched, { signal: controller.signal }), { status: "CANCELLED" });
  assert.equal(untouched.count, 0);
});

test("the deadline holds for the whole call and is sent to the server", async () => {
  await using server = await serveNothing();
  await using client = new EchoClient(server.target, { timeoutMs: 1_000 });
  const requests = requestSource({ limit: 1 });
  const rejected = assert.rejects(client.collect(requests), {
    status: "DEADLINE_EXCEEDED",
    details: /did not answer within 1000 ms$/,
  });
  const left = Number((await server.arrived).getDeadline()) - Date.now();
  assert.ok(left <= 1_000, `${left} ms are left`);
  await rejected;
  await requests.returned;
});

test("the idle limit fails a call without messages", async () => {
  await using server = await serveNothing();
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

test("applies the deadline and the cancellation of a parent", async () => {
  await using server = await serveNothing();
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

test("a call finishes after close(), and later ones are refused without touching the requests", async () => {
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
  const untouched = requestSource();
  await assert.rejects(client.collect(untouched), { status: "CANCELLED", details: "the client is closed" });
  assert.equal(untouched.count, 0);
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
    message: /Unary takes one message and returns one message$/,
  });
});
