import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { listen, listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { echo, fail, serve } from "../../test/test-server.js";
import type { ClientOptions } from "../channel/client-options.js";

test("makes up to four attempts for UNAVAILABLE", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("World"), { status: "UNAVAILABLE", attempts: 4 });
  assert.equal(server.calls.length, 4);
});

test("does not retry other statuses", async () => {
  await using server = await serve({ handler: fail(3, "wrong") });
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("World"), { status: "INVALID_ARGUMENT", attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("resolves if the last attempt succeeds", async () => {
  let attempts = 0;
  await using server = await serve({
    handler: (call, callback) => (++attempts < 4 ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target);
  assert.equal(await client.echo("World"), "World");
  assert.equal(attempts, 4);
});

test("applies the statuses and attempts in the options, beyond the default limit of five attempts in grpc-js", async () => {
  await using server = await serve({ handler: fail(10, "again") });
  await using client = new EchoClient(server.target, {
    retry: { statuses: ["ABORTED"], maxAttempts: 7, initialBackoffMs: 1, maxBackoffMs: 2 },
  });
  await assert.rejects(client.echo("World"), { status: "ABORTED", attempts: 7 });
  assert.equal(server.calls.length, 7);
});

test("increases the delay before each attempt, with a jitter of 20 percent", async () => {
  const arrivals: number[] = [];
  await using server = await serve({
    handler: (call, callback) => {
      arrivals.push(performance.now());
      fail(14, "busy")(call, callback);
    },
  });
  await using client = new EchoClient(server.target, { retry: { initialBackoffMs: 100 } });
  await assert.rejects(client.echo("World"));
  const delaysMs = arrivals.slice(1).map((arrival, index) => arrival - (arrivals[index] ?? 0));
  for (const [index, minDelayMs] of [80, 160, 320].entries()) {
    // Timers may fire slightly early by this clock, and late on a busy machine.
    assert.ok((delaysMs[index] ?? 0) > minDelayMs - 5, `delays of ${delaysMs} ms`);
  }
});

test("makes one attempt with retry: false", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target, { retry: false });
  await assert.rejects(client.echo("World"), { attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("does not retry if the server forbids it with grpc-retry-pushback-ms", async () => {
  await using server = await serve({ handler: fail(14, "busy", { "grpc-retry-pushback-ms": "-1" }) });
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("World"), { attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("stops retries when the retry budget is used up", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target, {
    retry: { maxAttempts: 4, initialBackoffMs: 1, maxBackoffMs: 1 },
    retryThrottling: { maxTokens: 20, tokenRatio: 0.1 },
  });
  for (let call = 0; call < 100; call += 1) {
    await assert.rejects(client.echo("World"));
  }
  const retries = server.calls.length - 100;
  // After ten failed attempts, half of the twenty tokens are left, and retries stop.
  assert.ok(retries > 0 && retries <= 10, `${retries} retries`);
});

test("refills the retry budget with each successful call", async () => {
  let isBusy = true;
  await using server = await serve({
    handler: (call, callback) => (isBusy ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target, {
    retry: { maxAttempts: 2, initialBackoffMs: 1, maxBackoffMs: 1 },
    retryThrottling: { maxTokens: 4, tokenRatio: 1 },
  });
  const countAttempts = async () => {
    const before = server.calls.length;
    await client.echo("World").catch(() => undefined);
    return server.calls.length - before;
  };
  for (let call = 0; call < 10; call += 1) {
    await countAttempts();
  }
  assert.equal(await countAttempts(), 1);
  isBusy = false;
  for (let call = 0; call < 4; call += 1) {
    await countAttempts();
  }
  isBusy = true;
  assert.equal(await countAttempts(), 2);
});

/** Sends the response up to and including `last`. Then closes the connection, unless the response is complete. */
function respondUpTo(last: "headers" | "message" | "status", stream: ServerHttp2Stream): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: last === "status" });
  if (last === "headers") {
    closeConnection(stream);
    return;
  }
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.write(Buffer.from([0, 0, 0, 0, 4, 10, 2, 72, 105]));
  if (last === "message") {
    closeConnection(stream);
  } else {
    stream.end();
  }
}

/** Closes the connection once the client has read all data, because it acknowledges pings in order. */
function closeConnection({ session }: ServerHttp2Stream): void {
  // The first ping overtakes data that waits to be written. The second one follows the data.
  session?.ping(() => session.ping(() => session.destroy()));
}

for (const last of ["headers", "message"] as const) {
  test(`retries a call whose connection is lost after the ${last} of the response`, async () => {
    let attempts = 0;
    await using peer = await listenHttp2((stream) => {
      attempts += 1;
      respondUpTo(attempts === 1 ? last : "status", stream);
    });
    await using client = new EchoClient(peer.address);
    assert.equal(await client.echo("World"), "Hi");
    assert.equal(attempts, 2);
  });
}

test("retries a call only once after a lost response, and only if UNAVAILABLE is retried", async () => {
  let attempts = 0;
  await using peer = await listenHttp2((stream) => {
    attempts += 1;
    respondUpTo("message", stream);
  });
  const expectedAttempts: [ClientOptions, number][] = [
    [{}, 2],
    [{ retry: false }, 1],
    [{ retry: { statuses: ["ABORTED"] } }, 1],
    [{ channelOptions: { "grpc.enable_retries": 0 } }, 1],
    [{ serviceConfig: {} }, 1],
  ];
  for (const [options, expected] of expectedAttempts) {
    attempts = 0;
    await using client = new EchoClient(peer.address, options);
    await assert.rejects(client.echo("World"), {
      status: "UNAVAILABLE",
      details: "the connection was lost during the call",
      attempts: expected,
    });
    assert.equal(attempts, expected, JSON.stringify(options));
  }
});

test("does not retry a call whose caller has received the metadata of the lost response", async () => {
  let attempts = 0;
  await using peer = await listenHttp2((stream) => {
    attempts += 1;
    respondUpTo("message", stream);
  });
  await using client = new EchoClient(peer.address);
  await assert.rejects(client.echo("World", { onMetadata: () => {} }), { status: "UNAVAILABLE" });
  assert.equal(attempts, 1);
});

test("retries a call with its original request and metadata", async () => {
  const sent: (string | string[] | undefined)[] = [];
  const metadata: Record<string, string> = { "x-id": "42" };
  await using peer = await listen(
    createServer().on("stream", (stream, headers) => {
      sent.push(headers["x-id"]);
      metadata["x-id"] = "\n";
      respondUpTo(sent.length === 1 ? "headers" : "status", stream);
    }),
  );
  await using client = new EchoClient(peer.address);
  assert.equal(await client.echo("World", { metadata }), "Hi");
  assert.deepEqual(sent, ["42", "42"]);
});

test("does not retry UNAVAILABLE from a server after its headers", async () => {
  let attempts = 0;
  await using peer = await listen(
    createServer().on("stream", (stream) => {
      attempts += 1;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "14", "grpc-message": "busy" }));
      stream.end();
    }),
  );
  await using client = new EchoClient(peer.address);
  await assert.rejects(client.echo("World"), { status: "UNAVAILABLE", details: "busy" });
  assert.equal(attempts, 1);
});
