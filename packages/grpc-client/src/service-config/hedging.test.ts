import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoClient } from "../../test/echo-client.js";
import { echo, fail, serve } from "../../test/test-server.js";

test("does not wait for a slow server if another one responds", async () => {
  const slowMs = 30_000;
  const totalCalls = 60;
  const callers = 6;
  await using slow = await serve({ handler: (call, callback) => setTimeout(echo, slowMs, call, callback).unref() });
  await using first = await serve();
  await using second = await serve();
  const servers = [slow, first, second];
  const target = `ipv4:${servers.map(({ target }) => target).join(",")}`;
  const start = performance.now();
  // Each caller has its own client, so that its attempts go to the servers in turn.
  const caller = async () => {
    await using client = await EchoClient.connect(target, { hedging: { delayMs: 20 } });
    for (let call = 0; call < totalCalls / callers; call += 1) {
      assert.equal(await client.echo("World"), "World");
    }
  };
  await Promise.all(Array.from({ length: callers }, caller));
  const tookMs = performance.now() - start;
  assert.ok(tookMs < slowMs, `${totalCalls} calls took ${tookMs} ms`);
  assert.ok(slow.calls.length > 0, "no call waited for the slow server");
  const attemptsPerCall = servers.reduce((sum, { calls }) => sum + calls.length, 0) / totalCalls;
  // The default maximum is three attempts. A busy machine causes more of them.
  assert.ok(attemptsPerCall > 1.1 && attemptsPerCall <= 3, `${attemptsPerCall} attempts per call`);
});

test("cancels the other attempts after the first response", async () => {
  let cancelled = () => {};
  const cancellation = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  let attempts = 0;
  await using server = await serve({
    handler: (call, callback) => {
      attempts += 1;
      if (attempts === 1) {
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
  let attempts = 0;
  await using server = await serve({
    handler: (call, callback) => (++attempts === 1 ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target, { hedging: { delayMs: 60_000 }, timeoutMs: 30_000 });
  assert.equal(await client.echo("World"), "World");
  assert.equal(attempts, 2);
});

test("ends the call on a fatal status", async () => {
  await using server = await serve({ handler: fail(3, "wrong") });
  await using client = new EchoClient(server.target, { hedging: { delayMs: 60_000 } });
  await assert.rejects(client.echo("World"), { status: "INVALID_ARGUMENT" });
  assert.equal(server.calls.length, 1);
});
