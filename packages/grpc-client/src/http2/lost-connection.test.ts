import assert from "node:assert/strict";
import { EventEmitter } from "node:events";
import { createSecureServer, createServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { setInterval } from "node:timers/promises";
import { createCertificates } from "@hello/testing/certificates";
import { listen, type Peer } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";

/** Starts an HTTP/2 server that counts pings. By default it does not respond to calls. */
async function listenForPings(onStream: (stream: ServerHttp2Stream, events: EventEmitter) => void = () => {}) {
  const server = createServer();
  let pings = 0;
  const events = new EventEmitter();
  server.on("session", (session) =>
    session.on("ping", () => {
      pings++;
      events.emit("ping");
    }),
  );
  server.on("stream", (stream) => onStream(stream, events));
  return Object.defineProperty(await listen(server), "pings", { get: () => pings }) as Peer & {
    readonly pings: number;
  };
}

/** Makes two calls. The server acknowledges the SETTINGS during the first, and sends nothing during the second. */
async function callTwice(client: EchoClient): Promise<void> {
  for (const timeoutMs of [200, 3_000]) {
    await assert.rejects(client.echo("World", { timeoutMs }), { status: "DEADLINE_EXCEEDED" });
  }
}

test("pings a slow server only once, however many calls are waiting", async () => {
  await using peer = await listenForPings();
  await using client = new EchoClient(peer.address, { timeoutMs: 60_000, retry: false });
  const calls: Promise<unknown>[] = [];
  for await (const _ of setInterval(300)) {
    if (calls.length === 5) {
      break;
    }
    calls.push(assert.rejects(client.echo("World")));
  }
  assert.equal(peer.pings, 1);
  await peer[Symbol.asyncDispose]();
  await Promise.all(calls);
});

test("pings again soon after a slow response", async () => {
  const respond = (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200, "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "5" }));
    stream.end();
  };
  let calls = 0;
  await using peer = await listenForPings((stream, events) => {
    calls++;
    if (calls === 1) {
      respond(stream);
    } else if (calls === 2) {
      events.once("ping", () => respond(stream));
    }
  });
  await using client = new EchoClient(peer.address, { retry: false });
  await assert.rejects(client.echo("World"), { status: "NOT_FOUND" });
  await assert.rejects(client.echo("World"), { status: "NOT_FOUND" });
  await assert.rejects(client.echo("World", { timeoutMs: 1_000 }), { status: "DEADLINE_EXCEEDED" });
  assert.equal(peer.pings, 2);
});

test("sends no pings with keepaliveTimeMs: 0", async () => {
  await using peer = await listenForPings();
  await using client = new EchoClient(peer.address, { keepaliveTimeMs: 0, retry: false });
  await callTwice(client);
  assert.equal(peer.pings, 0);
});

for (const tls of [false, true]) {
  test(`keeps a connection whose server answers the ping, ${tls ? "over TLS" : "in plain text"}`, async () => {
    await using certificates = await createCertificates();
    const server = tls ? createSecureServer(certificates.server) : createServer();
    await using peer = await listen(server);
    const options = { keepaliveTimeoutMs: 500, tls: tls && { ca: certificates.ca.cert } };
    await using client = new EchoClient(peer.address.replace("127.0.0.1", "localhost"), options);
    await callTwice(client);
    assert.equal(peer.accepted, 1);
  });
}

test("halves the ping rate after each GOAWAY too_many_pings, and reports it in the error", async () => {
  const keepaliveTimeMs = 100;
  const server = createServer();
  const gaps: number[] = [];
  server.on("session", (session: ServerHttp2Session) => {
    const opened = performance.now();
    session.once("ping", () => {
      gaps.push(performance.now() - opened);
      session.goaway(11, 0, Buffer.from("too_many_pings"));
    });
  });
  await using peer = await listen(server);
  await using client = new EchoClient(peer.address, { keepaliveTimeMs, retry: false, timeoutMs: 60_000 });
  for (let calls = 0; calls < 4; calls++) {
    await assert.rejects(client.echo("World"), { status: "RESOURCE_EXHAUSTED", details: /\(GOAWAY too_many_pings\)/ });
  }
  const minimumMs = [1, 2, 4, 8].map((factor) => factor * keepaliveTimeMs - 10);
  assert.ok(
    gaps.every((gap, index) => gap > (minimumMs[index] ?? 0)),
    `after ${gaps.map(Math.round)} ms`,
  );
});

test("sends no pings because of an idle stream", async () => {
  await using peer = await listenForPings((stream) =>
    stream.respond({ ":status": 200, "content-type": "application/grpc" }),
  );
  await using client = new EchoClient(peer.address);
  const watch = client.watchHealth("", { timeoutMs: 2_000 });
  await assert.rejects(watch.next(), { status: "DEADLINE_EXCEEDED" });
  assert.equal(peer.pings, 0);
});
