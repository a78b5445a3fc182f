import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { callHeaders, endHeaders, endStream, frame, message } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { ended, readAll, requestOf, responseOf, serveStreams, signal } from "../../test/streaming-client.js";
import type { ServerCall } from "./server-call.js";
import { StatusError } from "./status-error.js";

test("a generator that waits for its signal runs finally when the client cancels", async (t) => {
  const finished = signal();
  let reason: unknown;
  const server = await serveStreams(t, {
    async *serverStream(_request, call) {
      try {
        yield responseOf("a");
        await once(call.signal, "abort");
        reason = call.signal.reason;
        yield responseOf("b");
      } finally {
        finished.fire();
      }
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  call.cancel();
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.CANCELLED, ["a"]]);
  await finished.fired;
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.CANCELLED);
  assert.deepEqual(server.log.lines, []);
});

test("logs an error of finally after the client has cancelled", async (t) => {
  const server = await serveStreams(t, {
    async *serverStream(_request, call) {
      try {
        yield responseOf("a");
        await once(call.signal, "abort");
      } finally {
        await Promise.reject(new Error("secret"));
      }
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  const { err } = await server.log.line(({ msg }) => msg === "handler failed");
  assert.match(JSON.stringify(err), /secret/);
});

/** Serves an endless stream to a client that does not read, and resolves once its handler is suspended. */
async function serveBlocked(t: TestContext) {
  const finished = signal();
  let yielded = 0;
  const response = new EchoResponse().setPayload(Buffer.alloc(64 * 1_024));
  const server = await serveStreams(t, {
    async *serverStream() {
      try {
        for (;;) {
          yielded++;
          yield response;
        }
      } finally {
        finished.fire();
      }
    },
  });
  const call = server.serverStream();
  const outcome = ended(call, []);
  // Before its first read, a client of grpc-js takes everything.
  await once(call, "readable");
  // It would go on during a call on the same connection.
  for (let before = -1; before !== yielded; ) {
    before = yielded;
    await server.unary();
  }
  assert.ok(yielded > 0 && yielded < 100, `${yielded} responses to a client that does not read`);
  return { server, call, outcome, finished: finished.fired };
}

test("a generator that backpressure suspends runs finally when the client cancels", async (t) => {
  const { server, call, outcome, finished } = await serveBlocked(t);
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  await finished;
  assert.deepEqual(server.log.lines, []);
});

test("a generator that backpressure suspends runs finally when the deadline passes, though nothing is read", async (t) => {
  const finished = signal();
  let reason: unknown;
  const server = await serveStreams(t, {
    async *serverStream(_request, call) {
      call.signal.addEventListener("abort", () => {
        reason = call.signal.reason;
      });
      try {
        for (;;) {
          yield new EchoResponse().setPayload(Buffer.alloc(64 * 1_024));
        }
      } finally {
        finished.fire();
      }
    },
  });
  // A client of grpc-js resets the stream at its own deadline.
  using connection = await connectReady(server.address);
  const headers = callHeaders(EchoService.serverStream.path, { "grpc-timeout": "200m" });
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: headers }),
    frame("DATA", { flags: endStream, streamId: 1, payload: message(requestOf("a").serializeBinary()) }),
  );
  await finished.fired;
  assert.equal(connection.socket.destroyed, false);
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.DEADLINE_EXCEEDED);
  assert.equal(await server.unary("next"), "next");
  assert.deepEqual(server.log.lines, []);
});

test("a generator that backpressure suspends runs finally at a forced shutdown", async (t) => {
  const { server, outcome, finished } = await serveBlocked(t);
  await Promise.all([server.server.shutdown(), server.server.shutdown()]);
  await finished;
  assert.equal((await outcome).code, status.UNAVAILABLE);
  assert.deepEqual(server.errors(), []);
});

test("a stream that heeds call.draining ends with a last response", async (t) => {
  const server = await serveStreams(t, {
    async *serverStream(_request, { draining }) {
      yield responseOf("first");
      await once(draining, "abort");
      yield responseOf("last");
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  await server.server.shutdown();
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.OK, ["first", "last"]]);
});

test("a forced shutdown ends an open stream with UNAVAILABLE and no error in the log", async (t) => {
  const server = await serveStreams(t);
  const call = server.bidiStream();
  const outcome = readAll(call);
  call.write(requestOf("a"));
  await once(call, "data");
  const { call: open, outcome: other } = server.clientStream();
  open.write(requestOf("a"));
  await server.unary();
  await Promise.all([server.server.shutdown(), server.server.shutdown()]);
  for (const { code, details } of await Promise.all([outcome, other])) {
    assert.deepEqual([code, details], [status.UNAVAILABLE, "the server is shutting down"]);
  }
  assert.deepEqual(server.errors(), []);
});

test("streaming calls have a limit of their own, and their end frees a place", async (t) => {
  const server = await serveStreams(t, {}, { maxConcurrentCalls: 1, maxStreamingCalls: 1 });
  const first = server.bidiStream();
  const outcome = readAll(first);
  first.write(requestOf("a"));
  await once(first, "data");
  const rejections = await Promise.all([
    readAll(server.serverStream()),
    readAll(server.bidiStream()),
    server.clientStream().outcome,
  ]);
  for (const { code, details, metadata } of rejections) {
    assert.equal(code, status.RESOURCE_EXHAUSTED);
    assert.equal(details, "the server is at its limit of 1 concurrent streaming calls");
    assert.deepEqual(metadata.get("grpc-retry-pushback-ms"), ["100"]);
  }
  assert.equal(await server.unary("meanwhile"), "meanwhile");
  first.end();
  assert.equal((await outcome).code, status.OK);
  const { call, outcome: next } = server.clientStream();
  call.end();
  assert.equal((await next).code, status.OK);
});

test("a deadline ends a stream, and aborts its signal with DEADLINE_EXCEEDED", async (t) => {
  const finished = signal();
  let call: ServerCall | undefined;
  const server = await serveStreams(t, {
    async *serverStream(_request, serverCall) {
      call = serverCall;
      try {
        yield responseOf("a");
        await once(serverCall.signal, "abort");
      } finally {
        finished.fire();
      }
    },
  });
  const { code, values } = await readAll(server.serverStream({ deadline: Date.now() + 200 }));
  assert.deepEqual([code, values], [status.DEADLINE_EXCEEDED, ["a"]]);
  await finished.fired;
  assert.ok(call?.signal.reason instanceof StatusError);
  assert.equal(call.signal.reason.code, status.DEADLINE_EXCEEDED);
  assert.deepEqual(server.log.lines, []);
});
