import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect } from "node:net";
import { test } from "node:test";
import { Client, type ClientReadableStream, credentials, status } from "@grpc/grpc-js";
import { healthProtocol } from "@hello/grpc-common";
import type { LogLine } from "@hello/testing/captured-log";
import { createGreeter, type Greeter } from "./greeter.js";
import { type ServerProcess, startUnusualServer } from "./server-process.js";

const { HealthCheckRequest, HealthCheckResponse, HealthService } = healthProtocol();
const { ServingStatus } = HealthCheckResponse;
type Response = InstanceType<typeof HealthCheckResponse>;

/** The steps of a shutdown as the log tells them. */
const steps = {
  signal: "signal received",
  notServing: "shutting down: health is NOT_SERVING, calls are still accepted",
  watches: "ending health watches",
  draining: "draining: no new connections, calls in progress go on",
  cancelling: "cancelling the calls still in progress",
  stopped: "stopped",
};

/** What the server logged from the first signal on. */
function shutdownLog({ log }: ServerProcess): readonly LogLine[] {
  return log.slice(log.findIndex(({ msg }) => msg === steps.signal));
}

function messages(server: ServerProcess): string[] {
  return shutdownLog(server).map(({ msg }) => msg);
}

/** How long the shutdown took, by the server's own clock. */
function duration(server: ServerProcess): number {
  const log = shutdownLog(server);
  return Number(log.at(-1)?.["time"]) - Number(log[0]?.["time"]);
}

function logged(server: ServerProcess, step: keyof typeof steps): Promise<LogLine> {
  return server.logged(({ msg }) => msg === steps[step]);
}

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

/** Watches the health of the server; `ended` resolves with all that it said. */
async function watchHealth(address: string) {
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  const { path, requestSerialize, responseDeserialize } = HealthService.watch;
  const stream: ClientReadableStream<Response> = client.makeServerStreamRequest(
    path,
    requestSerialize,
    responseDeserialize,
    new HealthCheckRequest(),
  );
  const seen: number[] = [];
  stream.on("data", (response: Response) => seen.push(response.getStatus()));
  const ended = once(stream, "status").then(([{ code }]) => ({ seen, code }));
  await once(stream, "data");
  return { ended, next: () => once(stream, "data"), [Symbol.dispose]: () => client.close() };
}

test("who can finish does, watches end, who cannot is told at the grace limit, and the process exits with 0", async (t) => {
  await using server = await startUnusualServer("--shutdown-grace-ms", "2000");
  const use = <Resource extends Disposable>(resource: Resource) => {
    t.after(() => resource[Symbol.dispose]());
    return resource;
  };
  const greeters = Array.from({ length: 8 }, () => use(createGreeter(server.address)));
  const waiting = await Promise.all(
    greeters.map((greeter) =>
      accepted(greeter, ...Array.from({ length: 8 }, (_, index) => `wait ${500 + index * 100}`)),
    ),
  );
  const [endless] = await accepted(use(createGreeter(server.address)), "never");
  const watches = await Promise.all(Array.from({ length: 3 }, async () => use(await watchHealth(server.address))));
  const idle = await Promise.all(
    Array.from({ length: 10 }, async () => {
      const session = connectHttp2(`http://${server.address}`);
      await once(session, "remoteSettings");
      return { closed: once(session, "close") };
    }),
  );

  assert.equal(await server.stop(), 0);

  for (const [index, greetings] of (await Promise.all(waiting.map((calls) => Promise.all(calls)))).entries()) {
    assert.equal(greetings.length, 8, `connection ${index}`);
  }
  assert.ok(endless !== undefined);
  await assert.rejects(endless, { code: status.UNAVAILABLE, details: "the server is shutting down" });
  for (const { ended } of watches) {
    assert.deepEqual(await ended, { seen: [ServingStatus.SERVING, ServingStatus.NOT_SERVING], code: status.OK });
  }
  await Promise.all(idle.map(({ closed }) => closed));

  assert.deepEqual(messages(server), Object.values(steps));
  const [, , ending, draining, cancelling] = shutdownLog(server);
  assert.equal(ending?.["watches"], 3);
  assert.equal(draining?.["calls"], 65);
  assert.equal(cancelling?.["calls"], 1);
  assert.ok(duration(server) >= 2_000 && duration(server) <= 2_500, `${duration(server)} ms`);
});

test("calls and connections are accepted during the delay", async () => {
  await using server = await startUnusualServer("--shutdown-delay-ms", "1000");
  using early = createGreeter(server.address);
  using watch = await watchHealth(server.address);
  await early.greet("World");
  process.kill(server.pid, "SIGTERM");
  const [health] = (await watch.next()) as [Response];
  assert.equal(health.getStatus(), ServingStatus.NOT_SERVING);
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
    await using server = await startUnusualServer("--shutdown-grace-ms", "60000", ...waits);
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
  await using server = await startUnusualServer("--shutdown-grace-ms", "60000");
  assert.equal(await server.stop(), 0);
  assert.ok(!messages(server).includes(steps.cancelling));
});

test("a timer that a handler has left does not keep the process", async () => {
  await using server = await startUnusualServer();
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
    await using server = await startUnusualServer("--shutdown-grace-ms", "500");
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
  await using server = await startUnusualServer("--shutdown-grace-ms", "300");
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
  const servers = await Promise.all([startUnusualServer(), startUnusualServer()]);
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
