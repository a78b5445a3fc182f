// @own-process: takes long, and runs beside the other tests.
/**
 * Tests how a client with 64 callers copes when servers fail, mostly with three servers behind one target. Each phase is
 * as short as possible; SOAK_SECONDS extends the phases and prints figures.
 */
import assert from "node:assert/strict";
import { test } from "node:test";
import { setTimeout as sleep } from "node:timers/promises";
import { HelloClient } from "@hello/client";
import { startLoad } from "../call-load.js";
import { countCalls, startFleet } from "../fleet.js";

const soakMs = Number(process.env["SOAK_SECONDS"] ?? 0) * 1_000;

/** Waits for a fraction of SOAK_SECONDS. */
async function soak(fraction: number): Promise<void> {
  await sleep(soakMs * fraction);
}

/** Prints a figure, with SOAK_SECONDS only. */
function printFigure(text: string): void {
  if (soakMs > 0) {
    console.log(`# ${text}`);
  }
}

test("loses no call during a rolling restart of three servers", async () => {
  await using fleet = await startFleet(3);
  await using client = await HelloClient.connect(fleet.target);
  await using load = startLoad(client);
  await load.waitForCalls(300);
  for (const index of [0, 1, 2]) {
    assert.equal(await fleet.servers[index]?.stop("SIGTERM"), 0);
    await load.waitForCalls(300);
    await fleet.restart(index);
    await fleet.servers[index]?.logged(({ msg }) => msg === "call");
    await soak(1 / 3);
  }
  await load.stop();
  printFigure(`rolling restart: ${load.succeeded} calls succeeded, ${load.failures.length} failed`);
  assert.deepEqual(load.failures, []);
  assert.ok(
    fleet.servers.every((server) => countCalls(server) > 0),
    "a restarted server received no calls",
  );
});

test("loses no call when one of three servers is killed, and spreads the calls evenly over the others", async () => {
  await using fleet = await startFleet(3);
  await using client = await HelloClient.connect(fleet.target);
  await using load = startLoad(client);
  await load.waitForCalls(300);
  await soak(1 / 2);
  const [killed, ...others] = fleet.servers;
  await killed?.stop("SIGKILL");
  await load.waitForCalls(100);
  const before = others.map(countCalls);
  await load.waitForCalls(2_000);
  await soak(1 / 2);
  await load.stop();
  const calls = others.map((server, index) => countCalls(server) - (before[index] ?? 0));
  printFigure(
    `kill -9: ${load.succeeded} calls succeeded, ${load.failures.length} failed; then ${calls.join(" and ")} calls`,
  );
  assert.deepEqual(load.failures, []);
  const [least = 0, most = 0] = calls.toSorted((a, b) => a - b);
  assert.ok(least > 500 && most / least < 1.1, `the other servers answered ${calls.join(" and ")} calls`);
});

/** Kills three servers, restarts the first, and measures the time until a call succeeds again, in milliseconds. */
async function measureRecovery(): Promise<number> {
  await using fleet = await startFleet(3);
  await using client = await HelloClient.connect(fleet.target);
  // Calls fail at once during the outage: many callers would keep a core busy.
  await using load = startLoad(client, { callers: 4 });
  await load.waitForCalls(300);
  await Promise.all(fleet.servers.map((server) => server.stop("SIGKILL")));
  await soak(1 / 2);
  // By then the backoff between connection attempts has reached its maximum.
  await sleep(3_000);
  assert.ok(load.failures.length > 0);
  const recovered = load.waitForCalls(1);
  await fleet.restart(0);
  const start = performance.now();
  await recovered;
  const tookMs = performance.now() - start;
  await load.stop();
  return tookMs;
}

test("recovers from the loss of all servers within two seconds of the restart of the first", async () => {
  let tookMs = await measureRecovery();
  // Takes up to a second on a quiet machine. A busy one only makes it slower, so the best of three attempts counts.
  for (let attempt = 1; attempt < 3 && tookMs >= 2_000; attempt += 1) {
    tookMs = await measureRecovery();
  }
  printFigure(`outage: the first call succeeded ${tookMs.toFixed(0)} ms after the restart of the first server`);
  assert.ok(tookMs < 2_000, `it took ${tookMs} ms`);
});

test("detects a server stopped with SIGSTOP by keepalive, and loses no call", async () => {
  const keepalive = { keepaliveTimeMs: 500, keepaliveTimeoutMs: 500 };
  const slackMs = 5_000;
  await using fleet = await startFleet(3);
  await using client = await HelloClient.connect(fleet.target, { ...keepalive, timeoutMs: 20_000 });
  await using load = startLoad(client);
  await load.waitForCalls(300);
  const [stopped] = fleet.servers;
  process.kill(stopped?.pid ?? 0, "SIGSTOP");
  try {
    // Every caller soon waits for the stopped server, until keepalive closes its connection.
    await load.waitForCalls(1_000);
    await soak(1);
    const { slowestMs } = load;
    printFigure(`SIGSTOP: the slowest of ${load.succeeded} calls took ${slowestMs.toFixed(0)} ms`);
    // A ping may have been in flight when the server stopped.
    assert.ok(
      slowestMs > keepalive.keepaliveTimeoutMs - 100,
      `no call was sent to the stopped server: the slowest took ${slowestMs} ms`,
    );
    assert.ok(
      slowestMs < keepalive.keepaliveTimeMs + keepalive.keepaliveTimeoutMs + slackMs,
      `the slowest call took ${slowestMs} ms`,
    );
  } finally {
    process.kill(stopped?.pid ?? 0, "SIGCONT");
  }
  await load.stop();
  assert.deepEqual(load.failures, []);
});

test("ends a call at its deadline when the server is stopped with SIGSTOP", async () => {
  await using fleet = await startFleet(1);
  await using client = await HelloClient.connect(fleet.target);
  const [server] = fleet.servers;
  process.kill(server?.pid ?? 0, "SIGSTOP");
  try {
    const start = performance.now();
    await assert.rejects(client.hello("World", { timeoutMs: 300 }), {
      status: "DEADLINE_EXCEEDED",
      details: `${server?.address} did not respond within 300 ms`,
    });
    assert.ok(performance.now() - start < 3_000);
  } finally {
    process.kill(server?.pid ?? 0, "SIGCONT");
  }
  assert.equal(await client.hello("World"), "Hello World");
});
