import assert from "node:assert/strict";
import { test } from "node:test";
import { ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { serveEcho } from "../../test/echo-server.js";
import { readAll, requestOf, serveStreams } from "../../test/streaming-client.js";

/** Delays everything that a handler sends and receives except the status, which must not overtake a message. */
const slow: ServerInterceptor = (_method, call) =>
  new ServerInterceptingCall(call, {
    sendMetadata: (metadata, next) => setImmediate(next, metadata),
    sendMessage: (message, next) => setImmediate(next, message),
    start: (next) =>
      next({
        onReceiveMetadata: (metadata, next) => setImmediate(next, metadata),
        onReceiveMessage: (message, next) => setImmediate(next, message),
        onReceiveHalfClose: (next) => setImmediate(next),
      }),
  });

test("keeps all messages in order with an asynchronous interceptor", async (t) => {
  const server = await serveStreams(t, {}, { interceptors: [slow] });
  assert.equal(await server.unary("a"), "a");
  const { call, outcome } = server.clientStream();
  const bidi = server.bidiStream();
  const values = Array.from({ length: 20 }, (_, index) => `${index}`);
  for (const value of values) {
    call.write(requestOf(value));
    bidi.write(requestOf(value));
  }
  call.end();
  bidi.end();
  assert.deepEqual((await outcome).values, [values.join(" ")]);
  const received = await readAll(bidi);
  assert.equal(received.code, status.OK);
  assert.deepEqual(received.values, values);
});

test("answers INTERNAL when an interceptor throws, and keeps serving", async () => {
  let calls = 0;
  const throwsOnce: ServerInterceptor = (_method, call) => {
    if (calls++ === 0) {
      throw new Error("secret");
    }
    return new ServerInterceptingCall(call);
  };
  await using server = await serveEcho({}, { interceptors: [throwsOnce] });
  await assert.rejects(server.unary(), { code: status.INTERNAL, details: "internal error" });
  assert.equal(await server.unary("next"), "next");
  assert.match(JSON.stringify(server.log.lines), /secret/);
});

test("passes calls of unknown methods through the interceptors, in the order of the list", async () => {
  const intercepted: string[] = [];
  const record =
    (name: string): ServerInterceptor =>
    (method, call) =>
      new ServerInterceptingCall(call, {
        start: (next) =>
          next({
            onReceiveMetadata(metadata, next) {
              intercepted.push(`${name} ${method.path}`);
              next(metadata);
            },
          }),
      });
  await using server = await serveEcho({}, { interceptors: [record("first"), record("second")] });
  const code = await new Promise<number | undefined>((resolve) => {
    const identity = (bytes: Buffer) => bytes;
    server.client.makeUnaryRequest("/No/Such", identity, identity, Buffer.alloc(0), (error) => resolve(error?.code));
  });
  assert.equal(code, status.UNIMPLEMENTED);
  assert.deepEqual(intercepted, ["first /No/Such", "second /No/Such"]);
});
