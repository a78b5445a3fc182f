import assert from "node:assert/strict";
import { type TestContext, test } from "node:test";
import { createHelloServer, type HelloServerOptions } from "@hello/server";
import { callFrames, frameTypes, isTrailersOf, message } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { startRelay } from "../tcp-relay.js";

const connections = 16;
const callsInFlight = 32;

/** Serves Hello behind a relay that adds 80 ms in each direction. */
async function serveWithLatency(t: TestContext, options: HelloServerOptions = {}) {
  const server = createHelloServer({ addresses: ["127.0.0.1:0"], ...options });
  const [address = ""] = await server.start();
  const relay = await startRelay(address, { delayMs: 80 });
  t.after(async () => {
    await server.shutdown();
    await relay[Symbol.asyncDispose]();
  });
  return { server, relay };
}

/** Connection that makes calls without retries until a GOAWAY arrives. */
interface Caller {
  /** Resolves when the first call is answered. */
  readonly firstAnswer: Promise<void>;
  /** Resolves when the connection has ended, with the numbers of calls sent and answered. */
  readonly ended: Promise<{ readonly sent: number; readonly answered: number }>;
}

async function startCaller(address: string): Promise<Caller> {
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
    firstAnswer: connection.frame("HEADERS", isTrailersOf(1)).then(() => undefined),
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

const startCallers = (address: string) => Promise.all(Array.from({ length: connections }, () => startCaller(address)));

test("refuses no call when connections reach their maximum age, with a latency of 80 ms", async (t) => {
  const { relay } = await serveWithLatency(t, { maxConnectionAgeMs: 5_000 });
  await assertAllAnswered(t, await startCallers(relay.address));
});

test("refuses no call when the server drains, with a latency of 80 ms", async (t) => {
  const { server, relay } = await serveWithLatency(t);
  const callers = await startCallers(relay.address);
  await Promise.all(callers.map(({ firstAnswer }) => firstAnswer));
  await server.shutdown();
  await assertAllAnswered(t, callers);
});
