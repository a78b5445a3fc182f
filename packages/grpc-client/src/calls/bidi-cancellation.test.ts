import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { test } from "node:test";
import type { EchoRequest } from "@hello/testing/echo";
import { answer, type Chat, echoEach, serveChats, serveSilentChats } from "../../test/chat-server.js";
import { deferred } from "../../test/deferred.js";
import { EchoClient } from "../../test/echo-client.js";
import { requestSource, requestsOf } from "../../test/request-source.js";

test("leaving the loop cancels the call and returns the iterator", async () => {
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

test("return() and close() end a stream during a pending next()", async () => {
  for (const leave of ["return", "close"] as const) {
    await using server = await serveSilentChats();
    await using client = new EchoClient(server.target);
    const requests = requestSource({ limit: 1 });
    const chat = client.chat(requests);
    const next = chat.next();
    const cancelled = once(await server.arrived, "cancelled");
    if (leave === "return") {
      void chat.return();
    } else {
      client.close();
    }
    assert.deepEqual(await next, { done: true, value: undefined });
    await Promise.all([cancelled, requests.returned]);
  }
});

test("an error in the requests cancels the call and is the cause", async () => {
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
  await assert.rejects(chat.next(), { status: "CANCELLED", details: "the requests failed: disk full", cause: error });
  assert.deepEqual(await chat.next(), { done: true, value: undefined });
});

test("the signal cancels the call, returns the iterator and keeps no listener", async () => {
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

test("the deadline holds for the whole stream and is sent to the server", async () => {
  let deadline = 0;
  await using server = await serveChats((call) => {
    deadline = Number(call.getDeadline());
    echoEach(call);
  });
  await using client = new EchoClient(server.target);
  await client.echo("World");
  const chat = client.chat(requestSource({ limit: 1 }), { timeoutMs: 500 });
  await chat.next();
  assert.ok(deadline <= Date.now() + 500, `${deadline - Date.now()} ms are left`);
  await assert.rejects(chat.next(), {
    status: "DEADLINE_EXCEEDED",
    details: /sent a message but did not end the call within 500 ms$/,
  });
});

test("without a timeout, the client's limits the first response alone", async () => {
  const arrived = deferred<Chat>();
  await using server = await serveChats((call) => {
    call.once("data", (request: EchoRequest) => answer(call, request));
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
    details: "the server did not answer within 1000 ms",
  });
  call.end();
  assert.deepEqual(await chat.next(), { done: true, value: undefined });
});

test("the idle limit counts from the last message, and only while a response is waited for", async () => {
  await using server = await serveChats();
  await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
  await client.echo("World");
  const chat = client.chat(requestSource({ limit: 1 }), { idleTimeoutMs: 300 });
  await chat.next();
  // Outlasts the idle limit.
  await assert.rejects(client.chat(requestSource({ limit: 0 }), { timeoutMs: 400 }).next());
  const start = performance.now();
  await assert.rejects(chat.next(), {
    status: "DEADLINE_EXCEEDED",
    details: "no message was sent or received for 300 ms",
  });
  assert.ok(performance.now() - start > 250, "the time before next() does not count");
});

test("applies the deadline and the cancellation of a parent", async () => {
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
