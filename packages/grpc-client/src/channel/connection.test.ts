import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { compileProgram } from "@hello/testing/compile";
import { listen } from "@hello/testing/peer";
import { run } from "@hello/testing/program";
import { EchoClient } from "../../test/echo-client.js";
import { echo, serve } from "../../test/test-server.js";
import { RpcError } from "../errors/rpc-error.js";

test("connect() resolves with a connected client", async () => {
  await using server = await serve();
  await using client = await EchoClient.connect(server.target);
  assert.equal(await client.echo("World"), "World");
});

test("connect() rejects at once if no server listens", async () => {
  const start = performance.now();
  await assert.rejects(EchoClient.connect("127.0.0.1:1", { timeoutMs: 60_000 }), {
    name: "RpcError",
    message: "UNAVAILABLE: no connection: connect ECONNREFUSED 127.0.0.1:1 (127.0.0.1:1)",
    method: undefined,
  });
  assert.ok(performance.now() - start < 10_000);
});

test("connect() rejects at its timeout if the peer stays silent", async () => {
  await using peer = await listen(createServer());
  const start = performance.now();
  await assert.rejects(EchoClient.connect(peer.address, { timeoutMs: 300 }), {
    status: "DEADLINE_EXCEEDED",
    details: "no connection within 300 ms: the peer does not respond or does not speak HTTP/2",
  });
  const tookMs = performance.now() - start;
  assert.ok(tookMs > 250 && tookMs < 5_000, `${tookMs} ms`);
});

test("connect() with waitForReady waits for a server to start", async () => {
  const { target } = await serve().then(async (server) => {
    await server[Symbol.asyncDispose]();
    return server;
  });
  const connecting = EchoClient.connect(target, { waitForReady: true, timeoutMs: 60_000 });
  await assert.rejects(EchoClient.connect(target));
  await using server = await serve({ port: Number(target.split(":")[1]) });
  await using client = await connecting;
  assert.equal(await client.echo("World"), "World");
  assert.equal(server.calls.length, 1);
});

test("connect() with waitForReady rejects at its timeout, and reports why there was no connection", async () => {
  await assert.rejects(EchoClient.connect("127.0.0.1:1", { waitForReady: true, timeoutMs: 300 }), {
    status: "DEADLINE_EXCEEDED",
    details: "no connection within 300 ms: connect ECONNREFUSED 127.0.0.1:1",
  });
});

test("connects on the first call, not before", async () => {
  await using peer = await listen(createServer());
  await using client = new EchoClient(peer.address, { timeoutMs: 300 });
  assert.equal(peer.accepted, 0);
  await assert.rejects(client.echo("World"));
  assert.equal(peer.accepted, 1);
});

test("reconnects at least once a second", async () => {
  const attempts: number[] = [];
  await using peer = await listen(
    createServer((socket) => {
      attempts.push(performance.now());
      socket.destroy();
    }),
  );
  await using client = new EchoClient(peer.address, { waitForReady: true });
  await assert.rejects(client.echo("World", { timeoutMs: 5_500 }), { status: "DEADLINE_EXCEEDED" });
  const gaps = attempts.slice(1).map((attempt, index) => attempt - (attempts[index] ?? 0));
  assert.ok(gaps.length >= 6, `${gaps.length} attempts`);
  assert.ok(Math.max(...gaps) < 1_300, `after ${gaps.map(Math.round)} ms`);
});

test("spreads calls over several connections in turn", async () => {
  const peers: string[] = [];
  await using server = await serve({
    handler: (call, callback) => {
      peers.push(call.getPeer());
      echo(call, callback);
    },
  });
  await using client = new EchoClient(server.target, { connections: 3 });
  await Promise.all(Array.from({ length: 12 }, () => client.echo("World")));
  const calls = [...new Set(peers)].map((peer) => peers.filter((other) => other === peer).length);
  assert.deepEqual(calls, [4, 4, 4]);
});

test("rejects calls after close()", async () => {
  const client = new EchoClient("127.0.0.1:1");
  client.close();
  client.close();
  const closed = { status: "CANCELLED", details: "the client is closed" };
  await assert.rejects(client.echo("World"), { ...closed, method: "/testing.v1.Echo/Unary" });
  await assert.rejects(client.checkHealth(), closed);
  await assert.rejects(client.watchHealth().next(), closed);
});

test("lets open calls finish after close()", async () => {
  let answer = () => {};
  await using server = await serve({
    handler: (call, callback) => {
      answer = () => echo(call, callback);
      arrived();
    },
  });
  let arrived = () => {};
  const arrival = new Promise<void>((resolve) => {
    arrived = resolve;
  });
  const client = new EchoClient(server.target);
  const call = client.echo("World");
  await arrival;
  client.close();
  answer();
  assert.equal(await call, "World");
});

test("rejects a call that waits for a connection when the client is closed", async () => {
  await using peer = await listen(createServer());
  const client = new EchoClient(peer.address);
  const call = client.echo("World");
  setImmediate(() => client.close());
  await assert.rejects(call, {
    status: "UNAVAILABLE",
    details: "the client was closed before the call had a connection",
  });
});

test("closes the client at the end of `await using`", async () => {
  let closed: EchoClient;
  {
    await using client = new EchoClient("127.0.0.1:1");
    closed = client;
  }
  await assert.rejects(closed.echo("World"), { details: "the client is closed" });
});

/** Runs a program that uses the client and does not call process.exit(). */
async function runProgram(code: string) {
  const client = await compileProgram(new URL("../../test/echo-client.ts", import.meta.url));
  const program = `import { EchoClient } from ${JSON.stringify(client)};\n${code}`;
  const start = performance.now();
  const outcome = await run([process.execPath, "--input-type=module", "--eval", program]);
  return { ...outcome, tookMs: performance.now() - start };
}

test("a program ends without calling close()", async () => {
  await using server = await serve();
  const { status, stdout, stderr, tookMs } = await runProgram(
    `
    const client = new EchoClient("${server.target}", { connections: 2 });
    console.log(await client.echo("World"));
  `,
  );
  assert.equal(stdout, "World\n", stderr);
  assert.equal(status, 0);
  assert.ok(tookMs < 30_000, `${tookMs} ms`);
});

test("a program ends without calling close() if no server listens or answers", async () => {
  await using peer = await listen(createServer());
  const { status, stdout, stderr, tookMs } = await runProgram(`
    for (const target of ["127.0.0.1:1", "${peer.address}"]) {
      const client = new EchoClient(target, { timeoutMs: 300 });
      await client.echo("World").catch((error) => console.log(error.status));
    }
  `);
  assert.match(stdout, /^(?:UNAVAILABLE|DEADLINE_EXCEEDED)\nDEADLINE_EXCEEDED\n$/, stderr);
  assert.equal(status, 0);
  assert.ok(tookMs < 30_000, `${tookMs} ms`);
});

test("includes the caller in the stack of an error", async () => {
  await using client = new EchoClient("127.0.0.1:1", { retry: false });
  async function caller() {
    await client.echo("World");
  }
  const error = await caller().catch((error: unknown) => error);
  assert.ok(error instanceof RpcError);
  assert.match(error.stack ?? "", /at async \w+\.echo .*\n.*at async caller /);
});
