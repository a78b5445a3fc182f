import assert from "node:assert/strict";
import dns from "node:dns";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { ServerCredentials } from "@grpc/grpc-js";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";
import type { ClientOptions } from "../index.js";

const options = { waitForReady: true, timeoutMs: 20_000 } satisfies ClientOptions;

/** Makes name lookups succeed after six failures. Returns the times of all lookups, in milliseconds. */
function resolveLater(t: TestContext): readonly number[] {
  const lookups: number[] = [];
  t.mock.method(dns.promises, "lookup", async () => {
    if (lookups.push(performance.now()) <= 6) {
      throw new Error("getaddrinfo ENOTFOUND late.test");
    }
    return [{ address: "127.0.0.1", family: 4 }];
  });
  return lookups;
}

/** Ways to wait for a connection. Each returns the client. */
const waits = {
  async "a call"(target: string, options: ClientOptions) {
    const client = new EchoClient(target, options);
    assert.equal(await client.echo("World"), "World");
    return client;
  },
  "connect()": (target: string, options: ClientOptions) => EchoClient.connect(target, options),
};

for (const [name, wait] of Object.entries(waits)) {
  for (const loadBalancing of ["round_robin", "pick_first"] as const) {
    test(`${name} waits for a name that resolves later, with ${loadBalancing}`, async (t) => {
      await using server = await serve();
      const lookups = resolveLater(t);
      await using client = await wait(server.target.replace("127.0.0.1", "late.test"), { ...options, loadBalancing });
      assert.equal(await client.echo("World"), "World");
      const gaps = lookups.slice(1).map((time, index) => time - (lookups[index] ?? 0));
      // At least once a second, on a machine that is not busy.
      assert.ok(Math.max(...gaps) < 3_000, `after ${gaps.map(Math.round)} ms`);
    });
  }

  test(`${name} waits for a Unix domain socket that appears later`, async () => {
    const folder = await makeTemporaryFolder("late-");
    const target = `unix:${join(folder, "socket")}`;
    await using waiting = new EchoClient(target);
    await assert.rejects(waiting.echo("World"), { status: "UNAVAILABLE" });
    const connected = wait(target, options);
    await assert.rejects(waiting.echo("World"), { status: "UNAVAILABLE" });
    await using server = await serve();
    await promisify(server.server.bindAsync.bind(server.server))(target, ServerCredentials.createInsecure());
    await using client = await connected;
    assert.equal(await client.echo("World"), "World");
    await rm(folder, { recursive: true });
  });
}
