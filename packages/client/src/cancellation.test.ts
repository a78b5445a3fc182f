import assert from "node:assert/strict";
import { getEventListeners, once } from "node:events";
import { test } from "node:test";
import { type ServerUnaryCall, status } from "@grpc/grpc-js";
import type { HelloRequest, HelloResponse } from "@hello/proto";
import { HelloClient } from "./hello-client.js";
import { greet, serve } from "./test-server.js";

type HelloCall = ServerUnaryCall<HelloRequest, HelloResponse>;

/** A server that answers nothing, and the calls that reach it. */
async function serveNothing() {
  const arrivals: ((call: HelloCall) => void)[] = [];
  const server = await serve({ hello: (call) => arrivals.shift()?.(call) });
  return Object.assign(server, { arrival: () => new Promise<HelloCall>((resolve) => arrivals.push(resolve)) });
}

test("a signal that is aborted before the call keeps it from the server", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  const reason = new Error("changed my mind");
  await assert.rejects(client.hello("World", { signal: AbortSignal.abort(reason) }), {
    status: "CANCELLED",
    details: "the call was cancelled before it began",
    cause: reason,
  });
  assert.equal(await client.hello("World"), "Hello World");
  assert.equal(server.calls.length, 1);
});

test("aborting during a call rejects it with the reason, and the server sees it within 50 ms", async () => {
  await using server = await serveNothing();
  await using client = new HelloClient(server.target);
  const times: number[] = [];
  // The first time pays for compiling the code that sees it, and a busy machine only ever adds to the others.
  for (let again = 0; again < 5; again += 1) {
    const controller = new AbortController();
    const arrival = server.arrival();
    const call = client.hello("World", { signal: controller.signal });
    const rejected = assert.rejects(call, { status: "CANCELLED", details: "the call was cancelled", cause: "enough" });
    const cancelled = once(await arrival, "cancelled");
    const start = performance.now();
    controller.abort("enough");
    await cancelled;
    times.push(performance.now() - start);
    await rejected;
  }
  assert.ok(Math.min(...times) < 50, `the server saw it after ${times} ms`);
});

test("aborting while there is no connection ends the call", async () => {
  await using client = new HelloClient("127.0.0.1:1", { waitForReady: true, timeoutMs: 60_000 });
  const call = client.hello("World", { signal: AbortSignal.timeout(50) });
  await assert.rejects(call, (error: { status: string; cause: Error }) => {
    assert.equal(error.status, "CANCELLED");
    assert.equal(error.cause.name, "TimeoutError");
    return true;
  });
});

test("aborting after a call changes nothing", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  const controller = new AbortController();
  const greeting = await client.hello("World", { signal: controller.signal });
  controller.abort();
  assert.equal(greeting, "Hello World");
});

test("ten thousand calls under one signal leave no listener behind, and no warning", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target, { timeoutMs: 60_000 });
  const { signal } = new AbortController();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  let most = 0;
  for (let made = 0; made < 10_000; made += 500) {
    const calls = Array.from({ length: 500 }, () => client.hello("World", { signal }));
    most = Math.max(most, getEventListeners(signal, "abort").length);
    await Promise.all(calls);
  }
  process.off("warning", onWarning);
  assert.equal(most, 1);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.deepEqual(warnings, []);
});

test("a failed call leaves no listener behind either", async () => {
  await using client = new HelloClient("127.0.0.1:1", { retry: false });
  const { signal } = new AbortController();
  await assert.rejects(client.hello("World", { signal }));
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

test("the deadline reaches the server", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  await client.hello("World");
  await client.hello("World", { timeoutMs: 60_000 });
  const [first, second] = server.calls.map((call) => Number(call.getDeadline()) - Date.now());
  assert.ok(first !== undefined && first > 3_000 && first <= 5_000, `${first} ms are left`);
  assert.ok(second !== undefined && second > 50_000 && second <= 60_000, `${second} ms are left`);
});

test("a call without time left fails and does not reach the server", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  for (const timeoutMs of [0, -1]) {
    await assert.rejects(client.hello("World", { timeoutMs }), {
      status: "DEADLINE_EXCEEDED",
      details: "the deadline had passed before the call began",
    });
  }
  assert.equal(server.calls.length, 0);
});

for (const timeoutMs of [Number.NaN, 2 ** 31, Number.MAX_SAFE_INTEGER, "5s" as unknown as number]) {
  test(`a timeout of ${JSON.stringify(timeoutMs)} is refused, of a watch too`, async () => {
    await using client = new HelloClient("127.0.0.1:1");
    const refusal = { name: "TypeError", message: /^timeoutMs must be a number up to 2147483647, or Infinity, not / };
    await assert.rejects(client.hello("World", { timeoutMs }), refusal);
    await assert.rejects(client.watch("", { timeoutMs }).next(), refusal);
  });
}

test("the deadline of a grpc-js server call carries over to a call made for it", async () => {
  await using backend = await serveNothing();
  await using inner = new HelloClient(backend.target, { timeoutMs: 60_000 });
  await using frontend = await serve({
    hello: (call, callback) => {
      inner.hello("World", { parent: call }).catch(() => callback({ code: status.ABORTED }));
    },
  });
  await using outer = new HelloClient(frontend.target, { timeoutMs: 300 });
  const arrival = backend.arrival();
  const outerCall = assert.rejects(outer.hello("World"), { status: "DEADLINE_EXCEEDED" });
  const left = Number((await arrival).getDeadline()) - Date.now();
  assert.ok(left <= 300, `${left} ms are left`);
  await outerCall;
});

test("the cancellation of a grpc-js server call carries over to a call made for it", async () => {
  await using backend = await serveNothing();
  await using inner = new HelloClient(backend.target, { timeoutMs: 60_000 });
  let fail = (_: unknown) => {};
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve;
  });
  await using frontend = await serve({
    hello: (call) => void inner.hello("World", { parent: call }).catch(fail),
  });
  await using outer = new HelloClient(frontend.target, { timeoutMs: 60_000 });
  const controller = new AbortController();
  const arrival = backend.arrival();
  const outerCall = assert.rejects(outer.hello("World", { signal: controller.signal }));
  const cancelled = once(await arrival, "cancelled");
  controller.abort();
  await cancelled;
  await outerCall;
  assert.match(String(await failed), /CANCELLED: the call that this one was made for was cancelled/);
});

test("a call made for a server call that goes on leaves no listener on it", async () => {
  await using backend = await serve();
  await using inner = new HelloClient(backend.target);
  let listeners: number | undefined;
  await using frontend = await serve({
    hello: async (call, callback) => {
      const before = call.listenerCount("cancelled");
      await inner.hello("World", { parent: call });
      listeners = call.listenerCount("cancelled") - before;
      greet(call, callback);
    },
  });
  await using outer = new HelloClient(frontend.target);
  assert.equal(await outer.hello("World"), "Hello World");
  assert.equal(listeners, 0);
});

test("a parent that has a signal and a deadline, like ServerCall, carries both on", async () => {
  await using backend = await serveNothing();
  await using client = new HelloClient(backend.target, { timeoutMs: 60_000 });
  const controller = new AbortController();
  const arrival = backend.arrival();
  const call = client.hello("World", {
    parent: { signal: controller.signal, deadline: new Date(Date.now() + 10_000) },
  });
  const rejected = assert.rejects(call, { status: "CANCELLED" });
  const serverCall = await arrival;
  const left = Number(serverCall.getDeadline()) - Date.now();
  assert.ok(left <= 10_000, `${left} ms are left`);
  const cancelled = once(serverCall, "cancelled");
  controller.abort();
  await cancelled;
  await rejected;
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});
