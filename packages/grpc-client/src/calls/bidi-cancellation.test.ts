import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { test } from "node:test";
import type { EchoRequest } from "@hello/testing/echo";
import { type Chat, echoEach, echoRequest, serveChats, serveSilentChats } from "../../test/chat-server.js";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestSource, requestsOf } from "../../test/request-source.js";

test("cancels the call and closes the request iterator when the caller breaks out of the loop", async () => {
  const cancelled = deferred();
  await using server = await serveChats((call) => {
    call.on("cancelled", cancelled.resolve);
    echoEach(call);
  });
  await using client = new EchoClient(server.target);
  const requests = requestSource({ limit: 2 });
  for await (const response of client.chat(requests)) {
    assert.equal(response.getValue(), "a");
    break;
  }
  await Promise.all([cancelled.promise, requests.returned]);
});

for (const end of ["return", "close"] as const) {
  test(`ends the stream on ${end}() during a pending next()`, async () => {
    await using server = await serveSilentChats();
    await using client = new EchoClient(server.target);
    const requests = requestSource({ limit: 1 });
    const chat = client.chat(requests);
    const next = chat.next();
    const cancelled = once(await server.arrived, "cancelled");
    if (end === "return") {
      void chat.return();
    } else {
      client.close();
    }
    assert.deepEqual(await next, { done: true, value: undefined });
    await Promise.all([cancelled, requests.returned]);
  });
}

test("cancels the call when the request iterable throws, with the error as the cause", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target);
  const error = new Error("disk full");
  const answered = deferred();
  async function* generate() {
    yield* requestsOf("a");
    await answered.promise;
    throw error;
  }
  const chat = client.chat(generate());
  assert.equal((await chat.next()).value?.getValue(), "a");
  answered.resolve();
  await assert.rejects(chat.next(), {
    status: "CANCELLED",
    details: "the request stream failed: disk full",
    cause: error,
  });
  assert.deepEqual(await chat.next(), { done: true, value: undefined });
});

test("cancels the call, closes the request iterator and removes its listener when the signal aborts", async () => {
  await using server = await serveSilentChats();
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const requests = requestSource({ limit: 1 });
  const next = client.chat(requests, { signal: controller.signal }).next();
  const rejected = assert.rejects(next, { status: "CANCELLED", cause: "enough" });
  const cancelled = once(await server.arrived, "cancelled");
  controller.abort("enough");
  await Promise.all([rejected, cancelled, requests.returned]);
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});

test("applies the timeout to the whole stream and sends the deadline to the server", async () => {
  let deadline = 0;
  await using server = await serveChats((call) => {
    deadline = Number(call.getDeadline());
    echoEach(call);
  });
  await using client = new EchoClient(server.target);
  await client.echo("World");
  const chat = client.chat(requestSource({ limit: 1 }), { timeoutMs: 2_000 });
  await chat.next();
  assert.ok(deadline <= Date.now() + 2_000, `${deadline - Date.now()} ms are left`);
  await assert.rejects(chat.next(), {
    status: "DEADLINE_EXCEEDED",
    details: /sent a message but did not end the call within 2000 ms$/,
  });
});

test("applies the client's timeout only to the first response if the call sets none", async () => {
  const arrived = deferred<Chat>();
  await using server = await serveChats((call) => {
    call.once("data", (request: EchoRequest) => echoRequest(call, request));
    arrived.resolve(call);
  });
  await using client = new EchoClient(server.target, { timeoutMs: 1_000 });
  const chat = client.chat(requestSource({ limit: 1 }));
  await chat.next();
  const call = await arrived.promise;
  assert.equal(call.getDeadline(), Number.POSITIVE_INFINITY);
  // The second call shows that the first outlived the limit.
  await assert.rejects(client.chat(requestSource({ limit: 0 })).next(), {
    status: "DEADLINE_EXCEEDED",
    details: "the server did not respond within 1000 ms",
  });
  call.end();
  assert.deepEqual(await chat.next(), { done: true, value: undefined });
});

test("measures the idle timeout from the last message, only while the caller waits for a response", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
  await client.echo("World");
  const chat = client.chat(requestSource({ limit: 1 }), { idleTimeoutMs: 300 });
  await chat.next();
  // Takes longer than the idle timeout.
  await assert.rejects(client.chat(requestSource({ limit: 0 }), { timeoutMs: 400 }).next());
  const start = performance.now();
  await assert.rejects(chat.next(), {
    status: "DEADLINE_EXCEEDED",
    details: "no message was sent or received for 300 ms",
  });
  assert.ok(performance.now() - start > 250, "the time before next() does not count");
});

test("applies the deadline and cancellation of the parent call", async () => {
  await using server = await serveSilentChats();
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const parent = { signal: controller.signal, deadline: new Date(Date.now() + 10_000) };
  const rejected = assert.rejects(client.chat(requestSource({ limit: 1 }), { parent }).next(), {
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
