import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:http2";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { createEchoCaller, requestOf } from "../echo-caller.js";
import { watchHealth } from "../health-watch.js";
import { startStreamingServer } from "../streaming-server-process.js";
import { shutdownLog, shutdownMessages, shutdownMs, steps } from "./shutdown-log.js";

const graceMs = 3_000;

test("finishes unary calls, ends watches and draining streams, and cancels the rest after the grace time", async (t) => {
  await using server = await startStreamingServer("--shutdown-grace-ms", String(graceMs));
  const { address } = server;
  const use = <Resource extends Disposable>(resource: Resource) => {
    t.after(() => resource[Symbol.dispose]());
    return resource;
  };
  const times = <Item>(count: number, make: () => Item) => Array.from({ length: count }, make);
  const callers = times(8, () => use(createEchoCaller(address)));
  const unary = callers.flatMap((caller) => times(8, () => caller.unary(requestOf("drain").setDelayMs(200))));
  const watches = await Promise.all(times(3, async () => use(await watchHealth(address))));
  const idle = await Promise.all(
    times(10, async () => {
      const session = connect(`http://${address}`);
      await once(session, "remoteSettings");
      return { closed: once(session, "close") };
    }),
  );
  const caller = use(createEchoCaller(address));
  const streams = {
    server: times(16, () => caller.serverStream(requestOf("drain")).outcome),
    client: times(16, () => caller.clientStream(requestOf("drain")).outcome),
    bidirectional: times(16, () => caller.bidiStream(requestOf("drain")).outcome),
  };
  const endless = caller.serverStream(requestOf("endless"));
  await once(endless.call, "data");
  await caller.statisticsWhere(({ active }) => active === 64 + 3 * 16 + 1);

  assert.equal(await server.stop(), 0);

  assert.deepEqual(
    await Promise.all(unary),
    times(64, () => "drain"),
  );
  for (const { ended } of watches) {
    assert.deepEqual(await ended, { received: ["SERVING", "NOT_SERVING"], code: status.OK });
  }
  for (const [kind, outcomes] of Object.entries(streams)) {
    for (const { code, values } of await Promise.all(outcomes)) {
      assert.deepEqual([code, values], [status.OK, kind === "client" ? ["last"] : ["first", "last"]], kind);
    }
  }
  const { code, details, values } = await endless.outcome;
  assert.deepEqual([code, details, values], [status.UNAVAILABLE, "the server is shutting down", ["first"]]);
  await Promise.all(idle.map(({ closed }) => closed));

  assert.deepEqual(shutdownMessages(server), Object.values(steps));
  const [, , ending, , cancelling] = shutdownLog(server);
  assert.equal(ending?.["watches"], 3);
  assert.equal(cancelling?.["calls"], 1);
  const finished = server.log.find(({ msg }) => msg === "handlers finished");
  for (const kind of ["serverStream", "clientStream", "bidiStream"]) {
    assert.equal(finished?.[kind], 16, kind);
  }
  assert.ok(shutdownMs(server) >= graceMs && shutdownMs(server) < graceMs + 2_000, `${shutdownMs(server)} ms`);
});
