import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { HelloClient } from "@hello/client";
import { callHeaders, endHeaders, frame, message, preface } from "@hello/testing/http2-frames";
import { start } from "@hello/testing/program";
import { connectRaw, connectReady, type RawConnection } from "@hello/testing/raw-http2";
import { createGreeter } from "./greeter.js";
import { startServer } from "./server-process.js";

const isLinux = process.platform === "linux";

/** Returns the resident memory of a process in KiB on Linux, else 0. */
function residentKiB(pid: number): number {
  return isLinux ? Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) : 0;
}

/** Returns how many files a process may open on this machine. */
function openFilesLimit(): number {
  return isLinux
    ? Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1])
    : 4_096;
}

/** Opens connections that exchange SETTINGS and then stay idle, at most 250 at a time. */
async function openIdle(address: string, count: number): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const batch = Array.from({ length: Math.min(250, count - connections.length) }, () =>
      connectReady(address, { timeoutMs: 120_000 }),
    );
    connections.push(...(await Promise.all(batch)));
  }
  return connections;
}

/** Measures the median duration of a call of each client, in milliseconds. The clients take turns on the machine. */
async function medianMs(...clients: readonly HelloClient[]): Promise<number[]> {
  const calls = 200;
  const times = clients.map((): number[] => []);
  for (let call = 0; call < calls; call++) {
    for (const [index, client] of clients.entries()) {
      const start = performance.now();
      await client.hello("Ada");
      times[index]?.push(performance.now() - start);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[calls >> 1] ?? Number.NaN);
}

const connections = isLinux ? 10_000 : 1_000;
const tooFewFiles =
  openFilesLimit() < connections + 500 && `${connections} connections require ulimit -Hn ${connections + 500}`;

test(`answers calls about as fast with ${connections} idle connections as without`, {
  skip: tooFewFiles,
}, async (t) => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  await using quietServer = await startServer();
  await using quietClient = new HelloClient(quietServer.address);
  await medianMs(client, quietClient);
  const memory = residentKiB(server.pid);
  const idle = await openIdle(server.address, connections);
  const grown = residentKiB(server.pid) - memory;
  const [withIdle = 0, without = 0] = await medianMs(client, quietClient);
  t.diagnostic(`median ${without.toFixed(2)} ms without, ${withIdle.toFixed(2)} ms with idle connections`);
  t.diagnostic(`${(grown / connections).toFixed(1)} KiB of the server's memory for each connection`);
  for (const connection of idle) {
    assert.equal(connection.isClosed, false);
    connection[Symbol.dispose]();
  }
  assert.ok(withIdle < 3 * without + 1, `${withIdle} ms with idle connections, ${without} ms without`);
  assert.ok(grown / connections < 60, `${grown} KiB for ${connections} connections`);
});

test("closes connections beyond the limit, logs that once, and frees the place of a dead peer", async (t) => {
  await using server = await startServer(
    ...["--max-connections", "5", "--keepalive-time-ms", "300", "--keepalive-timeout-ms", "2000"],
  );
  const others = await openIdle(server.address, 4);
  const dead = start([
    process.execPath,
    "--eval",
    'require("node:http2").connect(process.argv[1]).on("remoteSettings", () => console.log("connected"))',
    `http://${server.address}`,
  ]);
  t.after(() => {
    dead.kill("SIGKILL");
    for (const connection of others) {
      connection[Symbol.dispose]();
    }
  });
  await once(dead.stdout, "data");
  for (let excess = 0; excess < 20; excess++) {
    using connection = await connectRaw(server.address);
    connection.send(preface);
    await connection.closed;
    assert.deepEqual(connection.frames, []);
  }
  const refusals = server.log.filter(({ msg }) => msg.startsWith("connection refused"));
  assert.equal(refusals.length, 1);
  assert.equal(refusals[0]?.["maxConnections"], 5);

  dead.kill("SIGSTOP");
  await using client = new HelloClient(server.address);
  assert.equal(await client.hello("Ada", { waitForReady: true, timeoutMs: 20_000 }), "Hello Ada");
  assert.ok(others.every(({ isClosed }) => !isClosed));
});

test("fails no call when connections reach their maximum age under load", async (t) => {
  await using server = await startServer("--max-connection-age-ms", "500", "--log-level", "debug");
  await using client = new HelloClient(server.address);
  using greeter = createGreeter(server.address);
  let calls = 0;
  const end = performance.now() + 4_000;
  const caller = async (call: () => Promise<string>) => {
    // A pause saves CPU. The connection is still seldom without a call, because the callers are not in step.
    for (let pauseMs = 0; performance.now() < end; pauseMs = (pauseMs + 10) % 100) {
      assert.equal(await call(), "Hello Ada");
      calls++;
      await setTimeout(pauseMs);
    }
  };
  await Promise.all(
    Array.from({ length: 8 }, () => [caller(() => client.hello("Ada")), caller(() => greeter.greet("Ada"))]).flat(),
  );
  const peers = new Set(server.log.map(({ peer }) => peer));
  t.diagnostic(`${calls} calls over ${peers.size} connections`);
  assert.ok(peers.size > 8, `${peers.size} connections`);
});

test("needs little memory for thousands of empty compressed messages, and answers other calls meanwhile", async (t) => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  await medianMs(client);
  const memory = residentKiB(server.pid);
  using connection = await connectRaw(server.address);
  const emptyMessages = Buffer.concat(Array.from({ length: 3_200 }, () => message(Buffer.of(), { compressed: true })));
  connection.send(
    preface,
    ...[1, 3, 5].flatMap((streamId) => [
      frame("HEADERS", {
        flags: endHeaders,
        streamId,
        payload: callHeaders("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", { "grpc-encoding": "gzip" }),
      }),
      frame("DATA", { streamId, payload: emptyMessages }),
    ]),
  );
  await connection.frame("HEADERS", ({ streamId }) => streamId === 5);
  assert.equal(await client.hello("Ada"), "Hello Ada");
  const grown = residentKiB(server.pid) - memory;
  t.diagnostic(`${grown} KiB more`);
  assert.ok(grown < 60_000, `${grown} KiB`);
});
