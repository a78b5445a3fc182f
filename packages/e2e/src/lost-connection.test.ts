import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { HelloClient } from "@hello/client";
import { createHelloServer } from "@hello/server";
import { startLoad } from "./call-load.js";
import { startRelay, type TcpRelay } from "./tcp-relay.js";

/** Serves Hello behind a relay that can drop connections silently. */
async function serve(t: TestContext): Promise<TcpRelay> {
  const server = createHelloServer({ addresses: ["127.0.0.1:0"], shutdownGraceMs: 0 });
  const [address = ""] = await server.start();
  const relay = await startRelay(address);
  t.after(async () => {
    await relay[Symbol.asyncDispose]();
    await server.shutdown();
  });
  return relay;
}

test("loses no call when a busy connection is dropped silently", { timeout: 120_000 }, async (t) => {
  const relay = await serve(t);
  let failures: readonly unknown[] = [];
  // On a busy machine, a call may need more than its default deadline.
  for (let round = 0; round === 0 || (round < 3 && failures.length > 0); round++) {
    await using client = new HelloClient(relay.address);
    await using load = startLoad(client);
    await load.waitForCalls(300);
    relay.drop();
    await load.waitForCalls(300);
    await load.stop();
    t.diagnostic(`the slowest call took ${load.slowestMs.toFixed(0)} ms`);
    failures = load.failures;
  }
  assert.deepEqual(failures, []);
});

test("does not lose the next call when an idle connection is dropped silently", async (t) => {
  const relay = await serve(t);
  await using client = new HelloClient(relay.address);
  await client.hello("World");
  relay.drop();
  assert.equal(await client.hello("World"), "Hello World");
});

test("ends a watch when the next call detects that its connection was dropped", async (t) => {
  const relay = await serve(t);
  await using client = new HelloClient(relay.address);
  const watch = client.watchHealth();
  assert.equal((await watch.next()).value, "SERVING");
  relay.drop();
  const ended = assert.rejects(watch.next(), {
    status: "UNAVAILABLE",
    details: "the connection was lost during the call",
  });
  assert.equal(await client.hello("World"), "Hello World");
  await ended;
});
