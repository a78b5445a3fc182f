/** Tests the client's pings against servers of other libraries, which close connections pinged too often (gRFC A8). */
import assert from "node:assert/strict";
import { mkdtempSync } from "node:fs";
import { rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { HelloClient } from "@hello/client";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { clientOptionTable } from "../../grpc-client/src/channel/client-options.js";
import { startPeerServer } from "./interop/interop-server-process.js";
import { python, pythonProgram } from "./python-program.js";

const go = requires("golang-google-grpc-dev");
const folder = mkdtempSync(join(tmpdir(), "hello-pings-"));
after(() => rm(folder, { recursive: true }));

/** Minimum time between two pings. gRPC servers default to five minutes; this test runs a thousand times faster. */
const minPingIntervalMs = "300";
const keepaliveTimeMs = clientOptionTable.keepaliveTimeMs.default / 1_000;

async function buildGoServer(): Promise<string> {
  const program = join(folder, "server");
  const source = fileURLToPath(new URL("../go/ping_policy_server.go", import.meta.url));
  const { status, stderr } = await run([go.program, "build", "-o", program, source], { env: go.env });
  assert.equal(status, 0, stderr);
  return program;
}

const pythonServer = "ping_policy_server.py";
const peers = [
  { name: "grpcio", skip: python.skip, command: async () => pythonProgram(pythonServer, minPingIntervalMs) },
  { name: "grpc-go", skip: go.skip, command: async () => [await buildGoServer(), minPingIntervalMs] as const },
];

/** Watches with frequent pings, and rejects when the server closes the connection because of them. */
async function watchWithPings(target: string, keepaliveTimeMs: number): Promise<void> {
  await using client = new HelloClient(target, { keepaliveTimeMs });
  for await (const status of client.watchHealth()) {
    assert.equal(status, "SERVING");
  }
}

for (const { name, skip, command } of peers) {
  test(`keeps a quiet watch of a ${name} server open`, { skip }, async () => {
    await using server = await startPeerServer(await command());
    const target = `127.0.0.1:${server.port}`;
    await using client = new HelloClient(target, { keepaliveTimeMs, keepaliveTimeoutMs: 20_000 });
    const watch = client.watchHealth();
    assert.equal((await watch.next()).value, "SERVING");
    const next = watch.next().then(() => assert.fail("the watch ended"));
    next.catch(() => undefined);
    // Meanwhile, the server closes the connections of clients that ping more often.
    for (const keepaliveTimeMs of [100, 101, 102, 103, 104, 105]) {
      const closed = assert.rejects(watchWithPings(target, keepaliveTimeMs), {
        status: "RESOURCE_EXHAUSTED",
        details:
          "the server closed the connection because of too many pings (GOAWAY too_many_pings): increase keepaliveTimeMs",
      });
      await Promise.race([closed, next]);
    }
  });
}
