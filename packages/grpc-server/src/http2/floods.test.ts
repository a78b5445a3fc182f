import assert from "node:assert/strict";
import { once } from "node:events";
import { type TestContext, test } from "node:test";
import { echo, serveEcho } from "@hello/testing/echo-server";
import {
  callHeaders,
  endHeaders,
  frame,
  frameTypes,
  goawayCode,
  headerBlock,
  uint32,
} from "@hello/testing/http2-frames";
import { defaultLimits } from "../../test/default-limits.js";
import type { Limits } from "../limits.js";
import { createGrpcJsServer } from "./grpc-js-server.js";

const serve = (t: TestContext, limits: Partial<Limits> = {}) =>
  serveEcho(t, createGrpcJsServer({ ...defaultLimits, ...limits }));

test("disconnects a client that sends an endless header block", async (t) => {
  const server = await serve(t);
  const connection = await server.connect();
  connection.send(frame("HEADERS", { streamId: 1, payload: callHeaders(echo.path) }));
  const more = frame("CONTINUATION", { streamId: 1, payload: headerBlock({ more: "x" }) });
  for (let sent = 0; sent < 10_000 && !connection.isClosed; sent += 100) {
    connection.send(...Array.from({ length: 100 }, () => more));
    await new Promise(setImmediate);
  }
  await connection.closed;
  assert.equal((await server.client()(echo)).length, 1);
});

test("disconnects a client that opens more streams than allowed", async (t) => {
  const server = await serve(t, { maxConcurrentStreams: 2 });
  const connection = await server.connect();
  connection.send(
    ...[1, 3, 5].map((id) => frame("HEADERS", { flags: endHeaders, streamId: id, payload: callHeaders(echo.path) })),
  );
  assert.notEqual(goawayCode(await connection.frame("GOAWAY")), 0);
  await connection.closed;
});

test("disconnects a client that opens and resets streams rapidly, and serves other clients", async (t) => {
  const server = await serve(t, { keepaliveTimeMs: 500, keepaliveTimeoutMs: 5_000 });
  const call = server.client();
  await call(echo);
  const connection = await server.connect();
  const headers = callHeaders(echo.path);
  let streamId = 1;
  while (streamId < 100_000 && !connection.frames.some(({ type }) => type === frameTypes.GOAWAY)) {
    for (let burst = 0; burst < 50; burst++, streamId += 2) {
      connection.send(
        frame("HEADERS", { flags: endHeaders, streamId, payload: headers }),
        frame("RST_STREAM", { streamId, payload: uint32(8) }),
      );
    }
    assert.equal((await call(echo)).length, 1);
  }
  const { payload } = await connection.frame("GOAWAY");
  assert.notEqual(payload.readUInt32BE(4), 0);
  assert.ok(payload.readUInt32BE(0) < 10_000, `the last stream was ${payload.readUInt32BE(0)}`);
  await connection.closed;
});

for (const [name, flood] of Object.entries({
  PING: frame("PING", { payload: Buffer.alloc(8) }),
  SETTINGS: frame("SETTINGS"),
})) {
  test(`disconnects a client that sends a flood of ${name} frames and reads nothing`, async (t) => {
    const server = await serve(t);
    const connection = await server.connect();
    connection.socket.pause();
    const burst = Buffer.concat(Array.from({ length: 10_000 }, () => flood));
    for (let sent = 0; sent < 500 && !connection.isClosed; sent++) {
      if (!connection.socket.write(burst)) {
        await Promise.race([once(connection.socket, "drain").catch(() => undefined), connection.closed]);
      }
    }
    connection.socket.resume();
    await connection.closed;
    assert.equal((await server.client()(echo)).length, 1);
  });
}
