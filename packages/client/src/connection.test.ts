import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { listen } from "@hello/testing/peer";
import { run } from "@hello/testing/program";
import { HelloClient } from "./hello-client.js";
import { RpcError } from "./rpc/rpc-error.js";
import { greet, serve } from "./test-server.js";

test("connect() resolves with a client that is connected", async () => {
  await using server = await serve();
  await using client = await HelloClient.connect(server.target);
  assert.equal(await client.hello("World"), "Hello World");
});

test("connect() rejects at once where nothing listens", async () => {
  const start = performance.now();
  await assert.rejects(HelloClient.connect("127.0.0.1:1", { timeoutMs: 60_000 }), {
    name: "RpcError",
    message: "UNAVAILABLE: no connection: connect ECONNREFUSED 127.0.0.1:1 (127.0.0.1:1)",
    method: undefined,
  });
  assert.ok(performance.now() - start < 10_000);
});

test("connect() rejects within its timeout where the peer is a black hole", async () => {
  await using peer = await listen(createServer());
  const start = performance.now();
  await assert.rejects(HelloClient.connect(peer.address, { timeoutMs: 300 }), {
    status: "DEADLINE_EXCEEDED",
    details: "no connection within 300 ms: nothing answers at that address, or what does speaks no HTTP/2",
  });
  const tookMs = performance.now() - start;
  assert.ok(tookMs > 250 && tookMs < 5_000, `${tookMs} ms`);
});

test("connect() with waitForReady waits for a server to come", async () => {
  const { target } = await serve().then(async (server) => {
    await server[Symbol.asyncDispose]();
    return server;
  });
  const connecting = HelloClient.connect(target, { waitForReady: true, timeoutMs: 60_000 });
  await assert.rejects(HelloClient.connect(target));
  await using server = await serve({ port: Number(target.split(":")[1]) });
  await using client = await connecting;
  assert.equal(await client.hello("World"), "Hello World");
  assert.equal(server.calls.length, 1);
});

test("connect() with waitForReady rejects at its timeout and says why", async () => {
  await assert.rejects(HelloClient.connect("127.0.0.1:1", { waitForReady: true, timeoutMs: 300 }), {
    status: "DEADLINE_EXCEEDED",
    details: "no connection within 300 ms: connect ECONNREFUSED 127.0.0.1:1",
  });
});

test("a client connects with its first call, not before", async () => {
  await using peer = await listen(createServer());
  await using client = new HelloClient(peer.address, { timeoutMs: 300 });
  assert.equal(peer.accepted, 0);
  await assert.rejects(client.hello("World"));
  assert.equal(peer.accepted, 1);
});

test("a client that cannot connect tries again at least once a second", async () => {
  const attempts: number[] = [];
  await using peer = await listen(
    createServer((socket) => {
      attempts.push(performance.now());
      socket.destroy();
    }),
  );
  await using client = new HelloClient(peer.address, { waitForReady: true });
  await assert.rejects(client.hello("World", { timeoutMs: 5_500 }), { status: "DEADLINE_EXCEEDED" });
  const gaps = attempts.slice(1).map((attempt, index) => attempt - (attempts[index] ?? 0));
  assert.ok(gaps.length >= 6, `${gaps.length} attempts`);
  assert.ok(Math.max(...gaps) < 1_300, `after ${gaps.map(Math.round)} ms`);
});

test("calls take several connections in turn", async () => {
  const peers: string[] = [];
  await using server = await serve({
    hello: (call, callback) => {
      peers.push(call.getPeer());
      greet(call, callback);
    },
  });
  await using client = new HelloClient(server.target, { connections: 3 });
  await Promise.all(Array.from({ length: 12 }, () => client.hello("World")));
  const calls = [...new Set(peers)].map((peer) => peers.filter((other) => other === peer).length);
  assert.deepEqual(calls, [4, 4, 4]);
});

test("a call after close() rejects at once", async () => {
  const client = new HelloClient("127.0.0.1:1");
  client.close();
  client.close();
  const closed = { status: "CANCELLED", details: "the client is closed" };
  await assert.rejects(client.hello("World"), { ...closed, method: "/Hello/Hello" });
  await assert.rejects(client.check(), closed);
  await assert.rejects(client.watch().next(), closed);
});

test("close() lets a call finish that is on its way", async () => {
  let answer = () => {};
  await using server = await serve({
    hello: (call, callback) => {
      answer = () => greet(call, callback);
      arrived();
    },
  });
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const client = new HelloClient(server.target);
  const call = client.hello("World");
  await arrival;
  client.close();
  answer();
  assert.equal(await call, "Hello World");
});

test("close() fails a call that has no connection yet", async () => {
  await using peer = await listen(createServer());
  const client = new HelloClient(peer.address);
  const call = client.hello("World");
  setImmediate(() => client.close());
  await assert.rejects(call, {
    status: "UNAVAILABLE",
    details: "the client was closed before the call had a connection",
  });
});

test("a client is disposed of by `await using`", async () => {
  let left: HelloClient;
  {
    await using client = new HelloClient("127.0.0.1:1");
    left = client;
  }
  await assert.rejects(left.hello("World"), { details: "the client is closed" });
});

/** Runs a program that uses the client, and is done when its last line is. */
async function runProgram(code: string) {
  const client = fileURLToPath(new URL("./index.ts", import.meta.url));
  const program = `import { HelloClient } from ${JSON.stringify(client)};\n${code}`;
  const start = performance.now();
  const outcome = await run([process.execPath, "--import=tsx", "--input-type=module", "--eval", program]);
  return { ...outcome, tookMs: performance.now() - start };
}

test("a program that forgets close() still ends", async () => {
  await using server = await serve();
  const { status, stdout, stderr, tookMs } = await runProgram(
    `
    const client = new HelloClient("${server.target}", { connections: 2 });
    console.log(await client.hello("World"));
    for await (const status of client.watch()) break;
  `.replace(/for await.*/, ""),
  );
  assert.equal(stdout, "Hello World\n", stderr);
  assert.equal(status, 0);
  assert.ok(tookMs < 30_000, `${tookMs} ms`);
});

test("a program that forgets close() ends where nothing listens, or nobody answers", async () => {
  await using peer = await listen(createServer());
  const { status, stdout, stderr, tookMs } = await runProgram(`
    for (const target of ["127.0.0.1:1", "${peer.address}"]) {
      const client = new HelloClient(target, { timeoutMs: 300 });
      await client.hello("World").catch((error) => console.log(error.status));
    }
  `);
  assert.equal(
    stdout,
    "DEADLINE_EXCEEDED\nDEADLINE_EXCEEDED\n".replace(/^DEADLINE_EXCEEDED/, stdout.split("\n")[0] ?? ""),
    stderr,
  );
  assert.equal(status, 0);
  assert.ok(tookMs < 30_000, `${tookMs} ms`);
});

test("the error of a failed call leads to where the call was made", async () => {
  await using client = new HelloClient("127.0.0.1:1", { retry: false });
  async function whoCalls() {
    await client.hello("World");
  }
  const error = await whoCalls().catch((error: unknown) => error);
  assert.ok(error instanceof RpcError);
  assert.match(error.stack ?? "", /at async HelloClient\.hello .*\n.*at async whoCalls /);
});
