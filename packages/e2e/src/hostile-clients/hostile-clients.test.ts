import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { HelloClient } from "@hello/client";
import { ack, callFrames, frame, isTrailersOf, message, preface, uint32 } from "@hello/testing/http2-frames";
import { connectRaw } from "@hello/testing/raw-http2";
import { createEchoCaller } from "../echo-caller.js";
import { type ServerProcess, startServer } from "../server-process.js";
import { startStreamingServer } from "../streaming-server-process.js";
import { hostileBytes } from "./hostile-bytes.js";

const fatalFrames = {
  "sends GOAWAY with an error": frame("GOAWAY", { payload: uint32(0, 1) }),
  "acknowledges a ping that the server never sent": frame("PING", { flags: ack, payload: Buffer.alloc(8) }),
};

let server: ServerProcess;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

for (const [action, fatalFrame] of Object.entries(fatalFrames)) {
  // Without the guard, Node 22 aborts.
  test(`survives a client that ${action} and a request in the same packet`, async () => {
    using connection = await connectRaw(server.address);
    connection.send(preface, fatalFrame, callFrames(1, "/Hello/Hello", message(Buffer.of())));
    await connection.closed;
    await using client = new HelloClient(server.address);
    assert.equal(await client.hello("Ada"), "Hello Ada");
  });
}

test("answers a client that sends GOAWAY and a request in the same packet", async () => {
  // Without the guard, Node frees the stream while it is read, and crashes now and then.
  using connection = await connectRaw(server.address);
  connection.send(
    preface,
    frame("GOAWAY", { payload: uint32(0, 0) }),
    callFrames(1, "/Hello/Hello", message(Buffer.of())),
  );
  await connection.frame("HEADERS", isTrailersOf(1));
  await connection.closed;
});

test("keeps serving, without errors in the log, whatever bytes clients send", async (t) => {
  await using server = await startStreamingServer(
    // Node 20 keeps some connections open after an error, until keepalive closes them. The shutdown waits for them.
    ...["--handshake-timeout-ms", "1000", "--keepalive-time-ms", "1000", "--keepalive-timeout-ms", "1000"],
    ...["--shutdown-grace-ms", "1000"],
  );
  await using client = new HelloClient(server.address);
  const end = performance.now() + 2_500;
  let seed = Number(process.env["HELLO_TEST_SEED"] ?? Date.now() % 1_000_000);
  t.diagnostic(`HELLO_TEST_SEED=${seed}`);
  let clients = 0;
  const hostile = async () => {
    while (performance.now() < end) {
      clients++;
      const bytes = hostileBytes(seed++);
      using connection = await connectRaw(server.address);
      const cut = seed % 3 ? bytes.length : 1 + (seed % bytes.length);
      connection.send(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      connection.send(bytes.subarray(cut));
      await Promise.race([connection.closed, client.hello("Ada")]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, hostile));
  assert.equal(await client.hello("Ada"), "Hello Ada");
  t.diagnostic(`${clients} clients`);
  using caller = createEchoCaller(server.address);
  await caller.statisticsWhere(({ active }) => active === 0);
  const { log } = server;
  assert.equal(await server.stop(), 0);
  assert.deepEqual(
    log.filter(({ level }) => level > 40),
    [],
  );
  assert.ok(log.length < 20, `${log.length} lines`);
});
