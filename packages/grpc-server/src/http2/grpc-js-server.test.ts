import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { echo, serveEcho, wait } from "@hello/testing/echo-server";
import { callFrames, callHeaders, endHeaders, frame, isTrailersOf } from "@hello/testing/http2-frames";
import { defaultLimits } from "../../test/default-limits.js";
import type { Limits } from "../limits.js";
import { createGrpcJsServer } from "./grpc-js-server.js";

const serve = (t: TestContext, limits: Partial<Limits> = {}) =>
  serveEcho(t, createGrpcJsServer({ ...defaultLimits, ...limits }));

const metadataOf = (bytes: number) => {
  const metadata = new Metadata();
  metadata.set("filler", "x".repeat(bytes));
  return metadata;
};

test("reads a message of the maximum size and answers RESOURCE_EXHAUSTED to a larger one", async (t) => {
  const call = (await serve(t, { maxReceiveMessageBytes: 10_000 })).client();
  assert.equal((await call(echo, Buffer.alloc(10_000))).length, 10_000);
  await assert.rejects(call(echo, Buffer.alloc(10_001)), { code: status.RESOURCE_EXHAUSTED });
  assert.equal((await call(echo)).length, 1);
});

test("rejects a message with a length above the limit and keeps the connection open", async (t) => {
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

test("keeps an incomplete message until its connection closes, and serves other clients", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 300, maxConnectionAgeGraceMs: 100 });
  const startTime = performance.now();
  const connection = await server.connect();
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(echo.path) }),
    frame("DATA", { streamId: 1, payload: Buffer.of(0, 0, 0, 0x10, 0) }),
  );
  const trickle = setInterval(() => connection.send(frame("DATA", { streamId: 1, payload: Buffer.of(0) })), 10);
  t.after(() => clearInterval(trickle));
  assert.equal((await server.client()(echo)).length, 1);
  await connection.closed;
  assert.ok(performance.now() - startTime > 300);
});

test("serves a call with 10 KiB of metadata, rejects one with 17 KiB, and keeps serving", async (t) => {
  const call = (await serve(t)).client();
  assert.equal((await call(echo, Buffer.of(1), metadataOf(10 * 1024))).length, 1);
  await assert.rejects(call(echo, Buffer.of(1), metadataOf(17 * 1024)), { code: status.RESOURCE_EXHAUSTED });
  assert.equal((await call(echo)).length, 1);
});

test("applies maxHeaderBytes", async (t) => {
  const call = (await serve(t, { maxHeaderBytes: 32 * 1024 })).client();
  assert.equal((await call(echo, Buffer.of(1), metadataOf(30 * 1024))).length, 1);
  await assert.rejects(call(echo, Buffer.of(1), metadataOf(33 * 1024)), { code: status.RESOURCE_EXHAUSTED });
});

test("makes a client queue calls above the stream limit, and answers all of them", async (t) => {
  const server = await serve(t, { maxConcurrentStreams: 2 });
  const call = server.client();
  const rounds = [1, 2, 3];
  const answers = rounds.flatMap(() => [call(wait), call(wait)]);
  for (const _ of rounds) {
    await server.waitingCalls(2);
    // By now a third call would have arrived.
    await server.client()(echo);
    assert.equal(server.peak(), 2);
    server.answer();
  }
  assert.equal((await Promise.all(answers)).length, 6);
});

test("has a finite default for every limit", () => {
  for (const [name, value] of Object.entries(defaultLimits)) {
    assert.ok(Number.isSafeInteger(value) && value > 0, name);
  }
});
