import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createHelloServer, type HelloServerOptions } from "@hello/server";
import { callFrames, frameTypes, isTrailersOf, message } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { startRelay } from "./tcp-relay.js";

const connections = 16;
const callsInFlight = 32;

/** Serves Hello at the other end of a line that takes 80 ms each way. */
async function serveFarAway(t: TestContext, options: HelloServerOptions = {}) {
  const server = createHelloServer({ addresses: ["127.0.0.1:0"], ...options });
  const [address = ""] = await server.start();
  const relay = await startRelay(address, { delayMs: 80 });
  t.after(async () => {
    await server.shutdown();
    await relay[Symbol.asyncDispose]();
  });
  return { server, relay };
}

/** Connection of a client that makes calls, and repeats none, until a GOAWAY arrives. */
interface Caller {
  /** Resolves once calls are being answered. */
  readonly begun: Promise<void>;
  /** Resolves when the connection has ended with the number of calls, and of those that were answered. */
  readonly ended: Promise<{ readonly sent: number; readonly answered: number }>;
}

async function call(address: string): Promise<Caller> {
  const connection = await connectReady(address);
  const body = message(Buffer.of());
  let sent = 0;
  const answered = () => connection.frames.filter((frame) => isTrailersOf(frame.streamId)(frame)).length;
  const sendCalls = () => {
    while (sent - answered() < callsInFlight && !connection.frames.some(({ type }) => type === frameTypes.GOAWAY)) {
      connection.send(callFrames(2 * sent++ + 1, "/Hello/Hello", body));
    }
  };
  sendCalls();
  connection.socket.on("data", sendCalls);
  return {
    begun: connection.frame("HEADERS", isTrailersOf(1)).then(() => undefined),
    ended: connection.closed.then(() => ({ sent, answered: answered() })),
  };
}

async function assertAllAnswered(t: TestContext, callers: readonly Caller[]): Promise<void> {
  const counts = await Promise.all(callers.map(({ ended }) => ended));
  const sum = (name: "sent" | "answered") => counts.reduce((total, count) => total + count[name], 0);
  t.diagnostic(`${sum("sent") - sum("answered")} of ${sum("sent")} calls refused`);
  assert.equal(sum("answered"), sum("sent"));
  assert.ok(sum("sent") > connections * callsInFlight);
}

const callers = (address: string) => Promise.all(Array.from({ length: connections }, () => call(address)));

test("no call is refused by connections that are too old, 80 ms away", async (t) => {
  const { relay } = await serveFarAway(t, { maxConnectionAgeMs: 2_000 });
  await assertAllAnswered(t, await callers(relay.address));
});

test("no call is refused by a server that drains, 80 ms away", async (t) => {
  const { server, relay } = await serveFarAway(t);
  const all = await callers(relay.address);
  await Promise.all(all.map(({ begun }) => begun));
  await server.shutdown();
  await assertAllAnswered(t, all);
});
