import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { EchoService } from "@hello/testing/echo";
import { callHeaders, endHeaders, frame } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { createEchoCaller, type EchoCaller, requestOf } from "./echo-caller.js";
import { watchHealth } from "./health-watch.js";
import { startStreamingServer } from "./streaming-server-process.js";

/** Opens a bidirectional stream, and resolves once its handler runs. */
async function openBidi(caller: EchoCaller) {
  const stream = caller.bidiStream(requestOf("a"));
  await once(stream.call, "data");
  return stream;
}

test("refuses streams beyond their limit with pushback, without counting them as unary calls", async () => {
  await using server = await startStreamingServer("--max-streaming-calls", "10", "--max-concurrent-calls", "2");
  using caller = createEchoCaller(server.address);
  const [first, ...others] = await Promise.all(Array.from({ length: 10 }, () => openBidi(caller)));
  const refused = [
    caller.serverStream(requestOf("a").setCount(1)),
    caller.clientStream(requestOf("a")),
    caller.bidiStream(requestOf("a")),
  ];
  for (const { outcome } of refused) {
    const { code, metadata } = await outcome;
    assert.equal(code, status.RESOURCE_EXHAUSTED);
    assert.deepEqual(metadata.get("grpc-retry-pushback-ms"), ["100"]);
  }
  assert.deepEqual(await Promise.all(["Ada", "Grace"].map((name) => caller.unary(requestOf(name)))), ["Ada", "Grace"]);
  using watch = await watchHealth(server.address);

  first?.call.end();
  assert.equal((await first?.outcome)?.code, status.OK);
  const next = await openBidi(caller);
  for (const { call, outcome } of [...others, next]) {
    call.end();
    assert.equal((await outcome).code, status.OK);
  }
  assert.equal(await server.stop(), 0);
  assert.deepEqual((await watch.ended).received, ["SERVING", "NOT_SERVING"]);
});

test("accepts streams while unary calls are at their limit", async () => {
  await using server = await startStreamingServer("--max-concurrent-calls", "1");
  using caller = createEchoCaller(server.address);
  const waiting = caller.unary(requestOf("drain"));
  const stream = await openBidi(caller);
  await assert.rejects(caller.unary(requestOf("a")), { code: status.RESOURCE_EXHAUSTED });
  stream.call.end();
  assert.equal((await stream.outcome).code, status.OK);
  const stopped = server.stop();
  assert.equal(await waiting, "drain");
  assert.equal(await stopped, 0);
});

test("queues further calls of any kind on a connection at its limit of streams", async () => {
  await using server = await startStreamingServer("--max-concurrent-streams", "3");
  using caller = createEchoCaller(server.address);
  using other = createEchoCaller(server.address);
  const [first, ...others] = await Promise.all(Array.from({ length: 3 }, () => openBidi(caller)));
  const queued = caller.unary(requestOf("queued"));
  const queuedStream = caller.bidiStream(requestOf("a"));
  for (let call = 0; call < 10; call++) {
    assert.equal(await other.unary(requestOf("Ada")), "Ada");
  }
  assert.equal((await other.statistics()).active, 3);
  first?.call.end();
  assert.equal(await queued, "queued");
  await other.statisticsWhere(({ produced }) => produced === 4);
  queuedStream.call.end();
  assert.deepEqual((await queuedStream.outcome).values, ["a"]);
  for (const { call } of others) {
    call.end();
  }
});

const kinds: Readonly<Record<string, (caller: EchoCaller) => Promise<{ code: number; details: string }>>> = {
  "server stream": (caller) => caller.serverStream(requestOf("drain")).outcome,
  "client stream": (caller) => caller.clientStream(requestOf("drain")).outcome,
  "bidirectional stream": (caller) => caller.bidiStream(requestOf("a")).outcome,
};

test("ends a stream with UNAVAILABLE after the maximum age of its connection and the grace period", async (t) => {
  await using server = await startStreamingServer(
    ...["--max-connection-age-ms", "500", "--max-connection-age-grace-ms", "500"],
  );
  for (const [kind, open] of Object.entries(kinds)) {
    await t.test(`a ${kind}`, async () => {
      using caller = createEchoCaller(server.address);
      const start = performance.now();
      const { code, details } = await open(caller);
      const elapsed = performance.now() - start;
      assert.equal(code, status.UNAVAILABLE, details);
      // The server varies the maximum age by 10 %.
      assert.ok(elapsed > 900, `${elapsed} ms`);
      assert.equal(await caller.unary(requestOf("Ada")), "Ada");
    });
  }
});

test("does not close a connection with an open stream as idle", async () => {
  await using server = await startStreamingServer("--max-connection-idle-ms", "200");
  using caller = createEchoCaller(server.address);
  using watch = await watchHealth(server.address);
  const stream = await openBidi(caller);
  // By the time the server closes this idle connection, it would have closed the other one too.
  const idle = await connectReady(server.address);
  await idle.frame("GOAWAY");
  stream.call.write(requestOf("more"));
  await once(stream.call, "data");
  stream.call.end();
  assert.deepEqual((await stream.outcome).code, status.OK);
  assert.equal(await server.stop(), 0);
  assert.equal((await watch.ended).code, status.OK);
});

test("ends the streams of a dead peer with its connection", async () => {
  await using server = await startStreamingServer("--keepalive-time-ms", "200", "--keepalive-timeout-ms", "200");
  using caller = createEchoCaller(server.address);
  const alive = await openBidi(caller);
  using dead = await connectReady(server.address, { ackPings: false });
  const { path } = EchoService.bidiStream;
  dead.send(frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(path) }));
  await caller.statisticsWhere(({ active }) => active === 2);
  await dead.closed;
  await caller.statisticsWhere(({ active }) => active === 1);
  alive.call.end();
  assert.equal((await alive.outcome).code, status.OK);
});
