import assert from "node:assert/strict";
import { EventEmitter, getEventListeners, once } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { EchoService } from "@hello/testing/echo";
import { EchoClient } from "../../test/echo-client.js";
import { type EchoCall, echo, serve } from "../../test/test-server.js";

/** Starts a server that never responds. `arrival()` resolves with the next call that reaches it. */
async function serveSilently() {
  const arrivals: ((call: EchoCall) => void)[] = [];
  const server = await serve({ handler: (call) => arrivals.shift()?.(call) });
  return Object.assign(server, { arrival: () => new Promise<EchoCall>((resolve) => arrivals.push(resolve)) });
}

test("fails a call with an aborted signal before it reaches the server", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  const reason = new Error("changed my mind");
  await assert.rejects(client.echo("World", { signal: AbortSignal.abort(reason) }), {
    status: "CANCELLED",
    details: "the call was cancelled before it started",
    cause: reason,
  });
  assert.equal(await client.echo("World"), "World");
  assert.equal(server.calls.length, 1);
});

test("rejects with the abort reason, and cancels the call at the server within 50 ms", async () => {
  await using server = await serveSilently();
  await using client = new EchoClient(server.target);
  const times: number[] = [];
  // The first round includes compilation, and a busy machine slows down the others. Only the fastest round counts.
  for (let round = 0; round < 5; round += 1) {
    const controller = new AbortController();
    const arrival = server.arrival();
    const call = client.echo("World", { signal: controller.signal });
    const rejected = assert.rejects(call, { status: "CANCELLED", details: "the call was cancelled", cause: "enough" });
    const cancelled = once(await arrival, "cancelled");
    const start = performance.now();
    controller.abort("enough");
    await cancelled;
    times.push(performance.now() - start);
    await rejected;
  }
  assert.ok(Math.min(...times) < 50, `cancelled at the server after ${times} ms`);
});

test("cancels a call whose signal aborts while the request is serialized", async () => {
  const controller = new AbortController();
  class AbortingClient extends EchoClient {
    call() {
      const { path, requestStream, responseStream, responseDeserialize } = EchoService.unary;
      const requestSerialize = () => {
        controller.abort("enough");
        return Buffer.of();
      };
      const method = { path, requestStream, responseStream, requestSerialize, responseDeserialize };
      return this.unary(method, undefined, { signal: controller.signal });
    }
  }
  await using server = await serveSilently();
  await using client = new AbortingClient(server.target, { timeoutMs: 2_000 });
  await assert.rejects(client.call(), { status: "CANCELLED", cause: "enough" });
});

test("cancels a call that waits for a connection", async () => {
  await using client = new EchoClient("127.0.0.1:1", { waitForReady: true, timeoutMs: 60_000 });
  const call = client.echo("World", { signal: AbortSignal.timeout(50) });
  await assert.rejects(call, (error: { status: string; cause: Error }) => {
    assert.equal(error.status, "CANCELLED");
    assert.equal(error.cause.name, "TimeoutError");
    return true;
  });
});

test("ignores an abort after the call has ended", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const value = await client.echo("World", { signal: controller.signal });
  controller.abort();
  assert.equal(value, "World");
});

test("shares one listener between a thousand calls with one signal, without a warning", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target, { timeoutMs: 60_000 });
  const { signal } = new AbortController();
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  let maxListeners = 0;
  for (let count = 0; count < 1_000; count += 500) {
    const calls = Array.from({ length: 500 }, () => client.echo("World", { signal }));
    maxListeners = Math.max(maxListeners, getEventListeners(signal, "abort").length);
    await Promise.all(calls);
  }
  process.off("warning", onWarning);
  assert.equal(maxListeners, 1);
  assert.equal(getEventListeners(signal, "abort").length, 0);
  assert.deepEqual(warnings, []);
});

test("removes the listener of a failed call", async () => {
  await using client = new EchoClient("127.0.0.1:1", { retry: false });
  const { signal } = new AbortController();
  await assert.rejects(client.echo("World", { signal }));
  assert.equal(getEventListeners(signal, "abort").length, 0);
});

for (const [what, options, timeoutMs] of [
  ["a default deadline", undefined, 5_000],
  ["the deadline of a call", { timeoutMs: 60_000 }, 60_000],
] as const) {
  test(`sends ${what} to the server`, async () => {
    await using server = await serve();
    await using client = new EchoClient(server.target, { timeoutMs: undefined });
    const start = Date.now();
    await client.echo("World", options);
    const deadline = Number(server.calls[0]?.getDeadline());
    // grpc-timeout is a whole number of milliseconds.
    assert.ok(deadline > start + timeoutMs - 10 && deadline < Date.now() + timeoutMs, `${deadline - start} ms`);
  });
}

test("fails a call without time left before it reaches the server", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  for (const timeoutMs of [0, -1]) {
    await assert.rejects(client.echo("World", { timeoutMs }), {
      status: "DEADLINE_EXCEEDED",
      details: "the deadline had passed before the call started",
    });
  }
  assert.equal(server.calls.length, 0);
});

test("fails a stream without time left, without a warning", async () => {
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await assert.rejects(client.watchHealth("", { timeoutMs: -1 }).next(), {
    status: "DEADLINE_EXCEEDED",
    details: "the deadline had passed before the call started",
  });
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

for (const timeoutMs of [Number.NaN, 2 ** 31, Number.MAX_SAFE_INTEGER, "5s" as unknown as number]) {
  test(`rejects a timeout of ${typeof timeoutMs === "string" ? `"${timeoutMs}"` : timeoutMs}`, async () => {
    await using client = new EchoClient("127.0.0.1:1");
    const expected = { name: "TypeError", message: /^timeoutMs must be a number up to 2147483647, or Infinity, not / };
    await assert.rejects(client.echo("World", { timeoutMs }), expected);
    await assert.rejects(client.watchHealth("", { timeoutMs }).next(), expected);
  });
}

test("applies the deadline of a grpc-js parent call", async () => {
  await using backend = await serveSilently();
  await using inner = new EchoClient(backend.target, { timeoutMs: 60_000 });
  await using frontend = await serve({
    handler: (call, callback) => {
      inner.echo("World", { parent: call }).catch(() => callback({ code: status.ABORTED }));
    },
  });
  await using outer = new EchoClient(frontend.target, { timeoutMs: 20_000 });
  const arrival = backend.arrival();
  const controller = new AbortController();
  const outerCall = assert.rejects(outer.echo("World", { signal: controller.signal }));
  const remainingMs = Number((await arrival).getDeadline()) - Date.now();
  assert.ok(remainingMs <= 20_000, `${remainingMs} ms remain`);
  controller.abort();
  await outerCall;
});

test("applies the cancellation of a grpc-js parent call", async () => {
  await using backend = await serveSilently();
  await using inner = new EchoClient(backend.target, { timeoutMs: 60_000 });
  let fail = (_: unknown) => {};
  const failed = new Promise<unknown>((resolve) => {
    fail = resolve;
  });
  await using frontend = await serve({
    handler: (call) => void inner.echo("World", { parent: call }).catch(fail),
  });
  await using outer = new EchoClient(frontend.target, { timeoutMs: 60_000 });
  const controller = new AbortController();
  const arrival = backend.arrival();
  const outerCall = assert.rejects(outer.echo("World", { signal: controller.signal }));
  const cancelled = once(await arrival, "cancelled");
  controller.abort();
  await cancelled;
  await outerCall;
  assert.match(String(await failed), /CANCELLED: the parent call was cancelled/);
});

test("removes its listener from the parent call", async () => {
  await using backend = await serve();
  await using inner = new EchoClient(backend.target);
  let listeners: number | undefined;
  await using frontend = await serve({
    handler: async (call, callback) => {
      const before = call.listenerCount("cancelled");
      await inner.echo("World", { parent: call });
      listeners = call.listenerCount("cancelled") - before;
      echo(call, callback);
    },
  });
  await using outer = new EchoClient(frontend.target);
  assert.equal(await outer.echo("World"), "World");
  assert.equal(listeners, 0);
});

test("shares one listener between all calls with one grpc-js parent call", async () => {
  await using backend = await serveSilently();
  await using inner = new EchoClient(backend.target, { timeoutMs: 60_000 });
  const warnings: Error[] = [];
  const onWarning = (warning: Error) => warnings.push(warning);
  process.on("warning", onWarning);
  const listeners: number[] = [];
  let calls: Promise<PromiseSettledResult<string>[]> | undefined;
  await using frontend = await serve({
    handler: (call) => {
      const before = call.listenerCount("cancelled");
      const count = () => listeners.push(call.listenerCount("cancelled") - before);
      calls = Promise.allSettled(Array.from({ length: 12 }, () => inner.echo("World", { parent: call })));
      count();
      calls.then(count);
    },
  });
  await using outer = new EchoClient(frontend.target, { timeoutMs: 60_000 });
  const controller = new AbortController();
  const arrival = backend.arrival();
  const outerCall = assert.rejects(outer.echo("World", { signal: controller.signal }));
  await arrival;
  controller.abort();
  await outerCall;
  assert.deepEqual(
    (await calls)?.map((result) => (result.status === "rejected" ? result.reason.status : result.value)),
    Array(12).fill("CANCELLED"),
  );
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
  assert.deepEqual(listeners, [1, 0]);
});

test("keeps listening to the parent until its last call has ended", async () => {
  await using backend = await serve();
  await using inner = new EchoClient(backend.target);
  const parent = Object.assign(new EventEmitter(), { cancelled: false, getDeadline: () => Number.POSITIVE_INFINITY });
  const controller = new AbortController();
  const [first, second] = [inner.echo("a", { parent }), inner.echo("b", { parent, signal: controller.signal })];
  assert.equal(parent.listenerCount("cancelled"), 1);
  controller.abort();
  await assert.rejects(second, { status: "CANCELLED" });
  assert.equal(await first, "a");
  assert.equal(parent.listenerCount("cancelled"), 0);
  parent.cancelled = true;
  await assert.rejects(inner.echo("c", { parent }), { details: "the parent call was cancelled" });
  assert.equal(parent.listenerCount("cancelled"), 0);
});

test("applies the signal and deadline of a ServerCall as the parent", async () => {
  await using backend = await serveSilently();
  await using client = new EchoClient(backend.target, { timeoutMs: 60_000 });
  const controller = new AbortController();
  const arrival = backend.arrival();
  const call = client.echo("World", {
    parent: { signal: controller.signal, deadline: new Date(Date.now() + 10_000) },
  });
  const rejected = assert.rejects(call, { status: "CANCELLED" });
  const serverCall = await arrival;
  const remainingMs = Number(serverCall.getDeadline()) - Date.now();
  assert.ok(remainingMs <= 10_000, `${remainingMs} ms remain`);
  const cancelled = once(serverCall, "cancelled");
  controller.abort();
  await cancelled;
  await rejected;
  assert.equal(getEventListeners(controller.signal, "abort").length, 0);
});
