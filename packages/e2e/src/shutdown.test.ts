import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { credentials, status } from "@grpc/grpc-js";
import { createGreeter, type Greeter } from "./greeter.js";
import { watchHealth } from "./health-watch.js";
import { startScriptedServer } from "./server-process.js";
import { duration, logged, messages, steps } from "./shutdown-log.js";

/** Starts calls and resolves once the server has accepted them: it reads each connection in order. */
async function accepted(greeter: Greeter, ...names: string[]): Promise<Promise<string>[]> {
  await greeter.greet("World");
  const calls = names.map((name) => greeter.greet(name));
  for (const call of calls) {
    // Who waits for the call learns of its failure; until then it is no unhandled rejection.
    call.catch(() => undefined);
  }
  await greeter.greet("World");
  return calls;
}

test("calls and connections are accepted during the delay", async () => {
  await using server = await startScriptedServer("--shutdown-delay-ms", "1000");
  using early = createGreeter(server.address);
  using watch = await watchHealth(server.address);
  await early.greet("World");
  process.kill(server.pid, "SIGTERM");
  assert.equal(await watch.next(), "NOT_SERVING");
  using late = createGreeter(server.address);
  assert.equal(await early.greet("early"), "Hello early");
  assert.equal(await late.greet("late"), "Hello late");
  assert.deepEqual(messages(server), [steps.signal, steps.notServing]);
  assert.equal(await server.ended, 0);
  assert.ok(duration(server) >= 1_000 && duration(server) <= 1_500, `${duration(server)} ms`);
});

for (const step of ["notServing", "draining"] as const) {
  test(`a second signal skips the waiting after "${steps[step]}"`, async () => {
    const waits = step === "notServing" ? ["--shutdown-delay-ms", "60000"] : [];
    await using server = await startScriptedServer("--shutdown-grace-ms", "60000", ...waits);
    using greeter = createGreeter(server.address);
    const [endless] = await accepted(greeter, "never");
    process.kill(server.pid, "SIGINT");
    await logged(server, step);
    assert.equal(await server.stop("SIGTERM"), 0);
    assert.ok(endless !== undefined);
    await assert.rejects(endless, { code: status.UNAVAILABLE, details: "the server is shutting down" });
    assert.deepEqual(
      messages(server).filter((message) => message !== steps.signal),
      Object.values(steps).slice(1),
    );
    assert.ok(duration(server) < 5_000, `${duration(server)} ms`);
  });
}

test("a server without calls stops at once, whatever the grace", async () => {
  await using server = await startScriptedServer("--shutdown-grace-ms", "60000");
  assert.equal(await server.stop(), 0);
  assert.ok(!messages(server).includes(steps.cancelling));
});

test("a timer that a handler has left does not keep the process", async () => {
  await using server = await startScriptedServer();
  using greeter = createGreeter(server.address);
  assert.equal(await greeter.greet("linger"), "Hello linger");
  assert.equal(await server.stop(), 0);
});

/** Peers that would never close a connection by themselves, each with what it says at first. */
const frozen = {
  "a peer that says nothing": "",
  "a peer that speaks HTTP/2 and then no more": "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0",
};

for (const [peer, said] of Object.entries(frozen)) {
  test(`${peer} cannot hold up the end beyond the grace`, async () => {
    await using server = await startScriptedServer("--shutdown-grace-ms", "500");
    const [host, port] = server.address.split(":");
    const socket = connect({ host, port: Number(port), allowHalfOpen: true });
    socket.on("error", () => {
      // Cutting the connection may reset it.
    });
    const closed = once(socket, "close");
    await once(socket, "connect");
    if (said !== "") {
      socket.write(said, "latin1");
      // The server's settings.
      await once(socket, "data");
    }
    socket.resume();
    process.kill(server.pid, "SIGTERM");
    assert.equal(await server.ended, 0);
    assert.ok(duration(server) <= 1_000, `${duration(server)} ms`);
    socket.destroy();
    await closed;
  });
}

test("a call whose request never ends is cut at the grace limit", async () => {
  await using server = await startScriptedServer("--shutdown-grace-ms", "300");
  const session = connectHttp2(`http://${server.address}`);
  session.on("error", () => {
    // It is cut.
  });
  const stream = session.request({ ":method": "POST", ":path": "/Hello/Hello", "content-type": "application/grpc" });
  stream.on("error", () => {
    // It is cut, too.
  });
  const closed = new Promise((resolve) => session.once("close", resolve));
  await once(session, "remoteSettings");
  using greeter = createGreeter(server.address);
  await greeter.greet("World");
  assert.equal(await server.stop(), 0);
  await closed;
  assert.ok(messages(server).includes(steps.cancelling));
  assert.ok(duration(server) <= 800, `${duration(server)} ms`);
});

test("while one of two servers stops, no call fails", async () => {
  const servers = await Promise.all([startScriptedServer(), startScriptedServer()]);
  const [stopping, staying] = servers;
  assert.ok(stopping !== undefined && staying !== undefined);
  await using _stopping = stopping;
  await using _staying = staying;
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
  await Promise.race([all, greetOften(greeter, 20)]);
  assert.equal(await stopping.stop(), 0);
  const before = calls;
  await Promise.race([all, greetOften(greeter, 20)]);
  ended = true;
  await all;
  assert.ok(calls > before);
});

async function greetOften(greeter: Greeter, times: number): Promise<void> {
  for (let time = 0; time < times; time++) {
    await greeter.greet("World");
  }
}
