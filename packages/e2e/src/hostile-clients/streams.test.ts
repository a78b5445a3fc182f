import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { connectRaw } from "@hello/testing/raw-http2";
import { createEchoCaller, type EchoCaller, requestOf } from "../echo-caller.js";
import { startStreamingServer } from "../streaming-server-process.js";
import { type Attack, attacks } from "./hostile-streams.js";

async function repeat(address: string, attack: Attack, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    using connection = await connectRaw(address, { timeoutMs: 120_000 });
    await attack(connection);
  }
}

/** Makes a call of each kind, and resolves with the memory in use once no handler is left. */
async function checkHealthy(caller: EchoCaller): Promise<number> {
  assert.equal(await caller.unary(requestOf("Ada")), "Ada");
  const client = caller.clientStream(requestOf("Ada"));
  client.call.end();
  const bidi = caller.bidiStream(requestOf("Ada"));
  bidi.call.end();
  for (const { outcome } of [caller.serverStream(requestOf("Ada").setCount(3)), client, bidi]) {
    assert.equal((await outcome).code, status.OK);
  }
  return (await caller.statisticsWhere(({ active }) => active === 0)).memoryBytes;
}

test("keeps serving whatever clients do with streams, and releases their handlers and memory", async (t) => {
  await using server = await startStreamingServer(
    // Node 20 keeps some connections after an error, which a shutdown then waits for.
    ...["--handshake-timeout-ms", "1000", "--shutdown-grace-ms", "1000"],
  );
  using caller = createEchoCaller(server.address);
  for (const [what, attack] of Object.entries(attacks)) {
    await t.test(`a client that ${what}`, async (t) => {
      await repeat(server.address, attack, 2);
      const before = await checkHealthy(caller);
      await repeat(server.address, attack, 5);
      const grown = ((await checkHealthy(caller)) - before) / 1_024;
      t.diagnostic(`${grown.toFixed(0)} KiB more`);
      assert.ok(grown < 6 * 1_024, `${grown} KiB`);
    });
  }
  const { log } = server;
  assert.equal(await server.stop(), 0);
  assert.equal(log.find(({ msg }) => msg.startsWith("draining"))?.["calls"], 0);
  assert.deepEqual(
    log.filter(({ level }) => level > 40),
    [],
  );
  assert.ok(log.length < 20, `${log.length} lines`);
});
