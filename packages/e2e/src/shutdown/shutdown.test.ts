import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { credentials, status } from "@grpc/grpc-js";
import { createGreeter, type Greeter } from "../greeter.js";
import { watchHealth } from "../health-watch.js";
import { startScriptedServer } from "../server-process.js";
import { shutdownMessages, shutdownMs, steps, waitForStep } from "./shutdown-log.js";

/** Starts calls, and resolves once the server has accepted them, because it has answered a later call. */
async function startCalls(greeter: Greeter, ...names: string[]): Promise<Promise<string>[]> {
  await greeter.greet("World");
  const calls = names.map((name) => greeter.greet(name));
  for (const call of calls) {
    // The test awaits the call later; until then, a failure must not count as an unhandled rejection.
    call.catch(() => undefined);
  }
  await greeter.greet("World");
  return calls;
}

test("accepts calls and connections during the delay", async () => {
  await using server = await startScriptedServer("--shutdown-delay-ms", "1000");
  using early = createGreeter(server.address);
  using watch = await watchHealth(server.address);
  await early.greet("World");
  process.kill(server.pid, "SIGTERM");
  assert.equal(await watch.next(), "NOT_SERVING");
  using late = createGreeter(server.address);
  assert.equal(await early.greet("early"), "Hello early");
  assert.equal(await late.greet("late"), "Hello late");
  assert.deepEqual(shutdownMessages(server), [steps.signal, steps.notServing]);
  assert.equal(await server.ended, 0);
  assert.ok(shutdownMs(server) >= 1_000 && shutdownMs(server) < 3_000, `${shutdownMs(server)} ms`);
});

for (const step of ["notServing", "draining"] as const) {
  test(`skips the wait after "${steps[step]}" on a second signal`, async () => {
    const waits = step === "notServing" ? ["--shutdown-delay-ms", "60000"] : [];
    await using server = await startScriptedServer("--shutdown-grace-ms", "60000", ...waits);
    using greeter = createGreeter(server.address);
    const [endless] = await startCalls(greeter, "never");
    process.kill(server.pid, "SIGINT");
    await waitForStep(server, step);
    assert.equal(await server.stop("SIGTERM"), 0);
    assert.ok(endless !== undefined);
    await assert.rejects(endless, { code: status.UNAVAILABLE, details: "the server is shutting down" });
    assert.deepEqual(
      shutdownMessages(server).filter((message) => message !== steps.signal),
      Object.values(steps).slice(1),
    );
    assert.ok(shutdownMs(server) < 5_000, `${shutdownMs(server)} ms`);
  });
}

test("stops at once without calls, despite the grace time", async () => {
  await using server = await startScriptedServer("--shutdown-grace-ms", "60000");
  assert.equal(await server.stop(), 0);
  assert.ok(!shutdownMessages(server).includes(steps.cancelling));
});

test("exits although a handler has left a timer running", async () => {
  await using server = await startScriptedServer();
  using greeter = createGreeter(server.address);
  assert.equal(await greeter.greet("linger"), "Hello linger");
  assert.equal(await server.stop(), 0);
});

/** Peers that never close a connection, each with the bytes that it sends first. */
const unresponsivePeers = {
  "a peer that sends no data": "",
  "a peer that sends no data after its HTTP/2 preface": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
};

for (const [peer, firstBytes] of Object.entries(unresponsivePeers)) {
  test(`exits after the grace time despite ${peer}`, async () => {
    await using server = await startScriptedServer("--shutdown-grace-ms", "500");
    const [host, port] = server.address.split(":");
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    socket.on("error", () => {
      // The server may reset the connection; "close" follows.
    });
    const closed = once(socket, "close");
    await once(socket, "connect");
    if (firstBytes !== "") {
      socket.write(firstBytes, "latin1");
      // Wait for the server's SETTINGS.
      await once(socket, "data");
    }
    socket.resume();
    process.kill(server.pid, "SIGTERM");
    assert.equal(await server.ended, 0);
    assert.ok(shutdownMs(server) < 2_500, `${shutdownMs(server)} ms`);
    socket.destroy();
    await closed;
  });
}

test("cancels a call whose request never ends after the grace time", async () => {
  await using server = await startScriptedServer("--shutdown-grace-ms", "300");
  const session = connectHttp2(`http://${server.address}`);
  session.on("error", () => {
    // The server destroys the connection.
  });
  const stream = session.request({ ":method": "POST", ":path": "/Hello/Hello", "content-type": "application/grpc" });
  stream.on("error", () => {
    // The stream ends with the connection.
  });
  const closed = new Promise((resolve) => session.once("close", resolve));
  await once(session, "remoteSettings");
  using greeter = createGreeter(server.address);
  await greeter.greet("World");
  assert.equal(await server.stop(), 0);
  await closed;
  assert.ok(shutdownMessages(server).includes(steps.cancelling));
  assert.ok(shutdownMs(server) < 2_300, `${shutdownMs(server)} ms`);
});

test("fails no call while one of two servers stops", async () => {
  const servers = await Promise.all([startScriptedServer(), startScriptedServer()]);
  const [stopping, other] = servers;
  assert.ok(stopping !== undefined && other !== undefined);
  await using _stopping = stopping;
  await using _other = other;
  const config = { loadBalancingConfig: [{ round_robin: {} }] };
  const target = `ipv4:${servers.map(({ address }) => address).join(",")}`;
  using greeter = createGreeter(target, credentials.createInsecure(), {
    "grpc.service_config": JSON.stringify(config),
  });

  let ended = false;
  let calls = 0;
  const callers = Array.from({ length: 64 }, async () => {
    while (!ended) {
      await greeter.greet("wait 5");
      calls++;
    }
  });
  const all = Promise.all(callers);
  await Promise.race([all, greetRepeatedly(greeter, 20)]);
  assert.equal(await stopping.stop(), 0);
  const before = calls;
  await Promise.race([all, greetRepeatedly(greeter, 20)]);
  ended = true;
  await all;
  assert.ok(calls > before);
});

async function greetRepeatedly(greeter: Greeter, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await greeter.greet("World");
  }
}
