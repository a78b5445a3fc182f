import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { listen, listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { echo, fail, serve } from "../../test/test-server.js";
import type { ClientOptions } from "../channel/client-options.js";

test("retries UNAVAILABLE up to four attempts, and nothing else", async () => {
  await using busy = await serve({ handler: fail(14, "busy") });
  await using wrong = await serve({ handler: fail(3, "wrong") });
  await using client = new EchoClient(busy.target);
  await assert.rejects(client.echo("World"), { status: "UNAVAILABLE", attempts: 4 });
  assert.equal(busy.calls.length, 4);
  await using other = new EchoClient(wrong.target);
  await assert.rejects(other.echo("World"), { status: "INVALID_ARGUMENT", attempts: 1 });
  assert.equal(wrong.calls.length, 1);
});

test("resolves if the last attempt succeeds", async () => {
  let made = 0;
  await using server = await serve({
    handler: (call, callback) => (++made < 4 ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target);
  assert.equal(await client.echo("World"), "World");
  assert.equal(made, 4);
});

test("takes statuses and attempts from the options, beyond the limit of five in grpc-js too", async () => {
  await using server = await serve({ handler: fail(10, "again") });
  await using client = new EchoClient(server.target, {
    retry: { statuses: ["ABORTED"], maxAttempts: 7, initialBackoffMs: 1, maxBackoffMs: 2 },
  });
  await assert.rejects(client.echo("World"), { status: "ABORTED", attempts: 7 });
  assert.equal(server.calls.length, 7);
});

test("the waits between attempts grow, with a jitter of a fifth", async () => {
  const arrivals: number[] = [];
  await using server = await serve({
    handler: (call, callback) => {
      arrivals.push(performance.now());
      fail(14, "busy")(call, callback);
    },
  });
  await using client = new EchoClient(server.target, { retry: { initialBackoffMs: 100 } });
  await assert.rejects(client.echo("World"));
  const waits = arrivals.slice(1).map((arrival, index) => arrival - (arrivals[index] ?? 0));
  for (const [index, least] of [80, 160, 320].entries()) {
    // Timers may fire slightly early by this clock, and late on a busy machine.
    assert.ok((waits[index] ?? 0) > least - 5, `waits of ${waits} ms`);
  }
});

test("makes one attempt with retry: false", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target, { retry: false });
  await assert.rejects(client.echo("World"), { attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("obeys the pushback of a server", async () => {
  await using server = await serve({ handler: fail(14, "busy", { "grpc-retry-pushback-ms": "-1" }) });
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("World"), { attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("stays within the retry budget if a server always fails", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target, {
    retry: { maxAttempts: 4, initialBackoffMs: 1, maxBackoffMs: 1 },
    retryThrottling: { maxTokens: 20, tokenRatio: 0.1 },
  });
  for (let made = 0; made < 100; made += 1) {
    await assert.rejects(client.echo("World"));
  }
  const retries = server.calls.length - 100;
  // Ten failures reduce twenty tokens to half, where retries stop.
  assert.ok(retries > 0 && retries <= 10, `${retries} retries`);
});

test("successful calls refill the retry budget", async () => {
  let isBusy = true;
  await using server = await serve({
    handler: (call, callback) => (isBusy ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target, {
    retry: { maxAttempts: 2, initialBackoffMs: 1, maxBackoffMs: 1 },
    retryThrottling: { maxTokens: 4, tokenRatio: 1 },
  });
  const attempts = async () => {
    const before = server.calls.length;
    await client.echo("World").catch(() => undefined);
    return server.calls.length - before;
  };
  for (let made = 0; made < 10; made += 1) {
    await attempts();
  }
  assert.equal(await attempts(), 1);
  isBusy = false;
  for (let made = 0; made < 4; made += 1) {
    await attempts();
  }
  isBusy = true;
  assert.equal(await attempts(), 2);
});

/** Sends the response as far as `until`, and then closes the connection, or ends the call. */
function answer(stream: ServerHttp2Stream, until: "headers" | "message" | "end"): void {
  stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: until === "end" });
  if (until === "headers") {
    cut(stream);
    return;
  }
  stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
  stream.write(Buffer.from([0, 0, 0, 0, 4, 10, 2, 72, 105]));
  if (until === "message") {
    cut(stream);
  } else {
    stream.end();
  }
}

/** Closes the connection once the client has read all data: it answers pings in order. */
function cut({ session }: ServerHttp2Stream): void {
  // A ping overtakes data that waits to be written; the second one follows it.
  session?.ping(() => session.ping(() => session.destroy()));
}

for (const until of ["headers", "message"] as const) {
  test(`repeats a call whose connection is lost after the ${until} of the response`, async () => {
    let seen = 0;
    await using peer = await listenHttp2((stream) => {
      seen += 1;
      answer(stream, seen === 1 ? until : "end");
    });
    await using client = new EchoClient(peer.address);
    assert.equal(await client.echo("World"), "Hi");
    assert.equal(seen, 2);
  });
}

test("repeats a call only once after a lost response, and only if UNAVAILABLE is retried", async () => {
  let seen = 0;
  await using peer = await listenHttp2((stream) => {
    seen += 1;
    answer(stream, "message");
  });
  const attempts: [ClientOptions, number][] = [
    [{}, 2],
    [{ retry: false }, 1],
    [{ retry: { statuses: ["ABORTED"] } }, 1],
    [{ channelOptions: { "grpc.enable_retries": 0 } }, 1],
    [{ serviceConfig: {} }, 1],
  ];
  for (const [options, expected] of attempts) {
    seen = 0;
    await using client = new EchoClient(peer.address, options);
    await assert.rejects(client.echo("World"), {
      status: "UNAVAILABLE",
      details: "the connection was lost while the call was open",
      attempts: expected,
    });
    assert.equal(seen, expected, JSON.stringify(options));
  }
});

test("does not repeat a call whose caller has received the metadata of the lost response", async () => {
  let seen = 0;
  await using peer = await listenHttp2((stream) => {
    seen += 1;
    answer(stream, "message");
  });
  await using client = new EchoClient(peer.address);
  await assert.rejects(client.echo("World", { onMetadata: () => {} }), { status: "UNAVAILABLE" });
  assert.equal(seen, 1);
});

test("repeats a call with the request and metadata that it began with", async () => {
  const sent: (string | string[] | undefined)[] = [];
  const metadata: Record<string, string> = { "x-id": "42" };
  await using peer = await listen(
    createServer().on("stream", (stream, headers) => {
      sent.push(headers["x-id"]);
      metadata["x-id"] = "\n";
      answer(stream, sent.length === 1 ? "headers" : "end");
    }),
  );
  await using client = new EchoClient(peer.address);
  assert.equal(await client.echo("World", { metadata }), "Hi");
  assert.deepEqual(sent, ["42", "42"]);
});

test("does not retry UNAVAILABLE from a server after its headers", async () => {
  let seen = 0;
  await using peer = await listen(
    createServer().on("stream", (stream) => {
      seen += 1;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "14", "grpc-message": "busy" }));
      stream.end();
    }),
  );
  await using client = new EchoClient(peer.address);
  await assert.rejects(client.echo("World"), { status: "UNAVAILABLE", details: "busy" });
  assert.equal(seen, 1);
});
