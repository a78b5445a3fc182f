import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { echo, serveEcho, wait } from "@hello/testing/echo-server";
import { callFrames, callHeaders, endHeaders, frame, isTrailersOf } from "@hello/testing/http2-frames";
import { createGrpcServer } from "./grpc-server.js";
import { defaultLimits, type Limits } from "./limits.js";

const serve = (t: TestContext, limits: Partial<Limits> = {}) =>
  serveEcho(t, createGrpcServer({ ...defaultLimits, ...limits }));

const metadataOf = (bytes: number) => {
  const metadata = new Metadata();
  metadata.set("filler", "x".repeat(bytes));
  return metadata;
};

test("a message of the largest size is read, and one byte more is RESOURCE_EXHAUSTED", async (t) => {
  const ask = (await serve(t, { maxReceiveMessageBytes: 10_000 })).client();
  assert.equal((await ask(echo, Buffer.alloc(10_000))).length, 10_000);
  await assert.rejects(ask(echo, Buffer.alloc(10_001)), { code: status.RESOURCE_EXHAUSTED });
  assert.equal((await ask(echo)).length, 1);
});

test("a message without end is refused at its length, and the connection goes on", async (t) => {
  const server = await serve(t, { maxReceiveMessageBytes: 10_000 });
  const connection = await server.connect();
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(echo.path) }),
    frame("DATA", { streamId: 1, payload: Buffer.of(0, 0, 0, 0x27, 0x11) }),
  );
  await connection.frame("HEADERS", isTrailersOf(1));
  connection.send(callFrames(3, echo.path));
  await connection.frame("HEADERS", isTrailersOf(3));
});

test("a message that never arrives in full lasts as long as its connection, and holds up nobody", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 300, maxConnectionAgeGraceMs: 100 });
  const begun = performance.now();
  const connection = await server.connect();
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(echo.path) }),
    frame("DATA", { streamId: 1, payload: Buffer.of(0, 0, 0, 0x10, 0) }),
  );
  const trickle = setInterval(() => connection.send(frame("DATA", { streamId: 1, payload: Buffer.of(0) })), 10);
  t.after(() => clearInterval(trickle));
  assert.equal((await server.client()(echo)).length, 1);
  await connection.closed;
  assert.ok(performance.now() - begun > 300);
});

test("a call with 10 KiB of metadata is served, one with 17 KiB is refused, and the connection goes on", async (t) => {
  const ask = (await serve(t)).client();
  assert.equal((await ask(echo, Buffer.of(1), metadataOf(10 * 1024))).length, 1);
  await assert.rejects(ask(echo, Buffer.of(1), metadataOf(17 * 1024)), { code: status.RESOURCE_EXHAUSTED });
  assert.equal((await ask(echo)).length, 1);
});

test("the limit of headers is an option", async (t) => {
  const ask = (await serve(t, { maxHeaderBytes: 32 * 1024 })).client();
  assert.equal((await ask(echo, Buffer.of(1), metadataOf(30 * 1024))).length, 1);
  await assert.rejects(ask(echo, Buffer.of(1), metadataOf(33 * 1024)), { code: status.RESOURCE_EXHAUSTED });
});

test("calls beyond the streams of a connection wait at the client, and all are answered", async (t) => {
  const server = await serve(t, { maxConcurrentStreams: 2 });
  const ask = server.client();
  const rounds = [1, 2, 3];
  const answers = rounds.flatMap(() => [ask(wait), ask(wait)]);
  for (const _ of rounds) {
    await server.waitingCalls(2);
    // By now a third would have come.
    await server.client()(echo);
    assert.equal(server.peak(), 2);
    server.answer();
  }
  assert.equal((await Promise.all(answers)).length, 6);
});

test("every limit is a finite number", () => {
  for (const [name, value] of Object.entries(defaultLimits)) {
    assert.ok(Number.isSafeInteger(value) && value > 0, name);
  }
});
