import assert from "node:assert/strict";
import { once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { type TestContext, test } from "node:test";
import { status } from "@grpc/grpc-js";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { callHeaders, endHeaders, endStream, frame, message } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { openRawCall } from "../../test/observed-server.js";
import { deferred, outcomeOf, readAll, requestOf, responseOf, serveStreams } from "../../test/streaming-client.js";
import type { ServerCall } from "./server-call.js";
import { StatusError } from "./status-error.js";

test("runs finally of a generator that waits for its signal when the client cancels", async (t) => {
  const finished = deferred();
  let reason: unknown;
  const server = await serveStreams(t, {
    async *serverStream(_request, call) {
      try {
        yield responseOf("a");
        await once(call.signal, "abort");
        reason = call.signal.reason;
        yield responseOf("b");
      } finally {
        finished.resolve();
      }
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  call.cancel();
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.CANCELLED, ["a"]]);
  await finished.promise;
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.CANCELLED);
  assert.deepEqual(server.log.lines, []);
});

test("logs an error thrown in finally after the client has cancelled", async (t) => {
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

/** Serves an endless stream to a client that does not read, and resolves once backpressure suspends the handler. */
async function serveBlocked(t: TestContext) {
  const finished = deferred();
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
        finished.resolve();
      }
    },
  });
  const call = server.serverStream();
  const outcome = outcomeOf(call, []);
  // A grpc-js client buffers everything until its first read.
  await once(call, "readable");
  // A handler that is not suspended would continue during a call on the same connection.
  for (let before = -1; before !== yielded; ) {
    before = yielded;
    await server.unary();
  }
  assert.ok(yielded > 0 && yielded < 100, `yielded ${yielded} responses to a client that does not read`);
  return { server, call, outcome, finished: finished.promise };
}

test("runs finally of a generator suspended by backpressure when the client cancels", async (t) => {
  const { server, call, outcome, finished } = await serveBlocked(t);
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  await finished;
  assert.deepEqual(server.log.lines, []);
});

test("runs finally of a generator suspended by backpressure when the deadline passes", async (t) => {
  const finished = deferred();
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
        finished.resolve();
      }
    },
  });
  // Not a grpc-js client, which would reset the stream at the deadline.
  using connection = await connectReady(server.address);
  const headers = callHeaders(EchoService.serverStream.path, { "grpc-timeout": "200m" });
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: headers }),
    frame("DATA", { flags: endStream, streamId: 1, payload: message(requestOf("a").serializeBinary()) }),
  );
  await finished.promise;
  assert.equal(connection.socket.destroyed, false);
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.DEADLINE_EXCEEDED);
  assert.equal(await server.unary("next"), "next");
  assert.deepEqual(server.log.lines, []);
});

test("runs finally of a generator suspended by backpressure at a forced shutdown", async (t) => {
  const { server, outcome, finished } = await serveBlocked(t);
  await Promise.all([server.server.shutdown(), server.server.shutdown()]);
  await finished;
  assert.equal((await outcome).code, status.UNAVAILABLE);
  assert.deepEqual(server.errors(), []);
});

test("lets a stream send a last response when the server drains", async (t) => {
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

test("ends open streams with UNAVAILABLE at a forced shutdown and logs no error", async (t) => {
  const server = await serveStreams(t);
  const call = server.bidiStream();
  const outcome = readAll(call);
  call.write(requestOf("a"));
  await once(call, "data");
  const { call: upload, outcome: uploadOutcome } = server.clientStream();
  upload.write(requestOf("a"));
  await server.unary();
  await Promise.all([server.server.shutdown(), server.server.shutdown()]);
  for (const { code, details } of await Promise.all([outcome, uploadOutcome])) {
    assert.deepEqual([code, details], [status.UNAVAILABLE, "the server is shutting down"]);
  }
  assert.deepEqual(server.errors(), []);
});

test("limits streaming calls separately from unary calls, and admits another when one ends", async (t) => {
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
  assert.equal(await server.unary("unary"), "unary");
  first.end();
  assert.equal((await outcome).code, status.OK);
  const { call, outcome: next } = server.clientStream();
  call.end();
  assert.equal((await next).code, status.OK);
});

test("ends a stream at its deadline and aborts its signal with DEADLINE_EXCEEDED", async (t) => {
  const finished = deferred();
  let call: ServerCall | undefined;
  const server = await serveStreams(t, {
    async *serverStream(_request, serverCall) {
      call = serverCall;
      try {
        yield responseOf("a");
        await once(serverCall.signal, "abort");
      } finally {
        finished.resolve();
      }
    },
  });
  // Unlike a client of grpc-js, it does not cancel the call at the deadline itself.
  const { path } = EchoService.serverStream;
  const [session, stream] = openRawCall(server.address, { ":path": path, "grpc-timeout": "200m" });
  stream.end(message(requestOf("a").serializeBinary()));
  stream.resume();
  const [trailers] = (await once(stream, "trailers")) as [IncomingHttpHeaders];
  assert.equal(trailers["grpc-status"], String(status.DEADLINE_EXCEEDED));
  session.close();
  await finished.promise;
  assert.ok(call?.signal.reason instanceof StatusError);
  assert.equal(call.signal.reason.code, status.DEADLINE_EXCEEDED);
  assert.deepEqual(server.log.lines, []);
});
