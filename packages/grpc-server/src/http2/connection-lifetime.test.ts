import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { type ServiceError, status } from "@grpc/grpc-js";
import { serveEcho, wait } from "@hello/testing/echo-server";
import { callFrames, frameTypes, goawayCode, isTrailersOf, preface } from "@hello/testing/http2-frames";
import { connectRaw, type RawConnection } from "@hello/testing/raw-http2";
import { defaultLimits } from "../../test/default-limits.js";
import type { Limits } from "../limits.js";
import { createGrpcJsServer } from "./grpc-js-server.js";

const serve = (t: TestContext, limits: Partial<Limits> = {}) =>
  serveEcho(t, createGrpcJsServer({ ...defaultLimits, ...limits }));

/** Resolves when a connection has received the given number of pings. */
const pinged = (connection: RawConnection, times: number) =>
  connection.frame("PING", () => connection.frames.filter(({ type }) => type === frameTypes.PING).length >= times);

test("disconnects a client that does not acknowledge SETTINGS", async (t) => {
  const { address } = await serve(t, { handshakeTimeoutMs: 200 });
  const startTime = performance.now();
  using connection = await connectRaw(address, { ackSettings: false });
  connection.send(preface);
  const settingsTimeout = 4;
  assert.equal(goawayCode(await connection.frame("GOAWAY")), settingsTimeout);
  await connection.closed;
  assert.ok(performance.now() - startTime > 190);
});

test("does not apply the handshake timeout after SETTINGS are acknowledged", async (t) => {
  const server = await serve(t, { handshakeTimeoutMs: 100, maxConnectionIdleMs: 500 });
  const connection = await server.connect();
  // Closed at the end of the idle time, not of the handshake timeout.
  assert.equal(goawayCode(await connection.frame("GOAWAY")), 0);
});

test("disconnects a client that does not answer pings after the keepalive time and timeout", async (t) => {
  const server = await serve(t, { keepaliveTimeMs: 200, keepaliveTimeoutMs: 100 });
  const startTime = performance.now();
  const connection = await server.connect({ ackPings: false });
  await connection.closed;
  const ms = performance.now() - startTime;
  assert.ok(ms > 290 && ms < 10_000, `${ms} ms`);
  assert.equal(connection.frames.filter(({ type }) => type === frameTypes.PING).length, 1);
});

test("keeps a client that answers pings connected", async (t) => {
  const server = await serve(t, { keepaliveTimeMs: 20, keepaliveTimeoutMs: 10_000 });
  const connection = await server.connect();
  await pinged(connection, 10);
  assert.equal(connection.isClosed, false);
});

test("closes a connection without a call after the idle time, but not one with a call", async (t) => {
  const server = await serve(t, { maxConnectionIdleMs: 200 });
  const idle = await server.connect();
  const busy = await server.connect();
  const waiting = server.waitingCalls();
  busy.send(callFrames(1, wait.path));
  await waiting;
  assert.equal(goawayCode(await idle.frame("GOAWAY")), 0);
  await idle.closed;
  assert.equal(busy.isClosed, false);
  server.answer();
  await busy.frame("HEADERS", isTrailersOf(1));
  await busy.closed;
});

test("closes a connection at its maximum age after its calls have finished", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 200, keepaliveTimeMs: 30 });
  const connection = await server.connect();
  const waiting = server.waitingCalls();
  connection.send(callFrames(1, wait.path));
  await waiting;
  assert.equal(goawayCode(await connection.frame("GOAWAY")), 0);
  // By the fifth ping of another connection, this one would have been pinged too, and a failed ping would close it.
  const other = await (await serve(t, { keepaliveTimeMs: 30 })).connect();
  await pinged(other, 5);
  assert.equal(connection.isClosed, false);
  server.answer();
  await connection.frame("HEADERS", isTrailersOf(1));
  await connection.closed;
});

test("ends the calls of a connection at its maximum age after the grace time", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 100, maxConnectionAgeGraceMs: 200 });
  const call = server.client({ "grpc.enable_retries": 0 });
  const startTime = performance.now();
  await assert.rejects(
    call(wait),
    (error: ServiceError) => error.code === status.UNAVAILABLE || error.code === status.CANCELLED,
  );
  const ms = performance.now() - startTime;
  assert.ok(ms > 280, `${ms} ms`);
});

test("varies the maximum age of connections by a tenth", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 4_000 });
  const ages = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const startTime = performance.now();
      const connection = await server.connect();
      await connection.frame("GOAWAY");
      return performance.now() - startTime;
    }),
  );
  assert.ok(Math.min(...ages) > 3_590, `${Math.min(...ages)} ms`);
  assert.ok(Math.max(...ages) - Math.min(...ages) > 200, ages.join());
});
