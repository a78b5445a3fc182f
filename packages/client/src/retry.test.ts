import assert from "node:assert/strict";
import { createServer, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { listen, listenHttp2 } from "@hello/testing/peer";
import { HelloClient, type HelloClientOptions } from "./hello-client.js";
import { fail, greet, serve } from "./test-server.js";

test("UNAVAILABLE is retried, four attempts in all, and nothing else is", async () => {
  await using busy = await serve({ hello: fail(14, "busy") });
  await using wrong = await serve({ hello: fail(3, "wrong") });
  await using client = new HelloClient(busy.target);
  await assert.rejects(client.hello("World"), { status: "UNAVAILABLE", attempts: 4 });
  assert.equal(busy.calls.length, 4);
  await using other = new HelloClient(wrong.target);
  await assert.rejects(other.hello("World"), { status: "INVALID_ARGUMENT", attempts: 1 });
  assert.equal(wrong.calls.length, 1);
});

test("a call that succeeds at last is a success", async () => {
  let made = 0;
  await using server = await serve({
    hello: (call, callback) => (++made < 4 ? fail(14, "busy")(call, callback) : greet(call, callback)),
  });
  await using client = new HelloClient(server.target);
  assert.equal(await client.hello("World"), "Hello World");
  assert.equal(made, 4);
});

test("the statuses to retry and the attempts are options, beyond grpc-js's own limit of five too", async () => {
  await using server = await serve({ hello: fail(10, "again") });
  await using client = new HelloClient(server.target, {
    retry: { statuses: ["ABORTED"], maxAttempts: 7, initialBackoffMs: 1, maxBackoffMs: 2 },
  });
  await assert.rejects(client.hello("World"), { status: "ABORTED", attempts: 7 });
  assert.equal(server.calls.length, 7);
});

test("the waits between attempts grow, give or take a fifth", async () => {
  const arrivals: number[] = [];
  await using server = await serve({
    hello: (call, callback) => {
      arrivals.push(performance.now());
      fail(14, "busy")(call, callback);
    },
  });
  await using client = new HelloClient(server.target, { retry: { initialBackoffMs: 100 } });
  await assert.rejects(client.hello("World"));
  const waits = arrivals.slice(1).map((arrival, index) => arrival - (arrivals[index] ?? 0));
  for (const [index, least] of [80, 160, 320].entries()) {
    // Timers may fire a little early by this clock, and as late as the machine is busy.
    assert.ok((waits[index] ?? 0) > least - 5, `waits of ${waits} ms`);
  }
});

test("retry: false makes each call once", async () => {
  await using server = await serve({ hello: fail(14, "busy") });
  await using client = new HelloClient(server.target, { retry: false });
  await assert.rejects(client.hello("World"), { attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("a server that pushes back is obeyed", async () => {
  await using server = await serve({ hello: fail(14, "busy", { "grpc-retry-pushback-ms": "-1" }) });
  await using client = new HelloClient(server.target);
  await assert.rejects(client.hello("World"), { attempts: 1 });
  assert.equal(server.calls.length, 1);
});

test("against a server that always fails, attempts stay within the budget of tokens", async () => {
  await using server = await serve({ hello: fail(14, "busy") });
  await using client = new HelloClient(server.target, {
    retry: { maxAttempts: 4, initialBackoffMs: 1, maxBackoffMs: 1 },
    retryThrottling: { maxTokens: 20, tokenRatio: 0.1 },
  });
  for (let made = 0; made < 100; made += 1) {
    await assert.rejects(client.hello("World"));
  }
  const retries = server.calls.length - 100;
  // Ten failures bring twenty tokens down to half, below which nothing is retried.
  assert.ok(retries > 0 && retries <= 10, `${retries} retries`);
});

test("successes fill the budget again", async () => {
  let isBusy = true;
  await using server = await serve({
    hello: (call, callback) => (isBusy ? fail(14, "busy")(call, callback) : greet(call, callback)),
  });
  await using client = new HelloClient(server.target, {
    retry: { maxAttempts: 2, initialBackoffMs: 1, maxBackoffMs: 1 },
    retryThrottling: { maxTokens: 4, tokenRatio: 1 },
  });
  const attempts = async () => {
    const before = server.calls.length;
    await client.hello("World").catch(() => undefined);
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

/** Answers a call with a greeting, as far as `until` says, and then ends its connection or the call. */
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

/** Ends a call's connection once the client has read what was written: it answers pings in their turn. */
function cut({ session }: ServerHttp2Stream): void {
  // A ping goes out before what waits to be written; the second one does not leave before that has.
  session?.ping(() => session.ping(() => session.destroy()));
}

for (const until of ["headers", "message"] as const) {
  test(`a call whose connection is lost after the ${until} of the response is made once again`, async () => {
    const seen: ServerHttp2Stream[] = [];
    await using peer = await listenHttp2((stream) => {
      seen.push(stream);
      answer(stream, seen.length === 1 ? until : "end");
    });
    await using client = new HelloClient(peer.address);
    assert.equal(await client.hello("World"), "Hi");
    assert.equal(seen.length, 2);
  });
}

test("a call is made again only once after a lost response, within its deadline, and not with retry: false", async () => {
  let seen = 0;
  await using peer = await listenHttp2((stream) => {
    seen += 1;
    answer(stream, "message");
  });
  const attempts: [HelloClientOptions, number][] = [
    [{}, 2],
    [{ retry: false }, 1],
    [{ retry: { statuses: ["ABORTED"] } }, 1],
    [{ channelOptions: { "grpc.enable_retries": 0 } }, 1],
    [{ serviceConfig: {} }, 1],
  ];
  for (const [options, expected] of attempts) {
    seen = 0;
    await using client = new HelloClient(peer.address, options);
    await assert.rejects(client.hello("World"), {
      status: "UNAVAILABLE",
      details: "the connection was lost while the call was open",
      attempts: expected,
    });
    assert.equal(seen, expected, JSON.stringify(options));
  }
});

test("a server's own UNAVAILABLE after its headers is not retried", async () => {
  let seen = 0;
  await using peer = await listen(
    createServer().on("stream", (stream) => {
      seen += 1;
      stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "14", "grpc-message": "busy" }));
      stream.end();
    }),
  );
  await using client = new HelloClient(peer.address);
  await assert.rejects(client.hello("World"), { status: "UNAVAILABLE", details: "busy" });
  assert.equal(seen, 1);
});
