import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";

/** Messages that a gateway may forward from its own client, each with its code. */
const texts: readonly (readonly [code: number, text: string])[] = [
  [4, "Deadline exceeded after 0.100s,LB pick: 0.001s,remote_addr=10.9.9.9:50051"],
  [4, "Deadline exceeded after 5.001s,waiting for name resolution"],
  [8, "Attempted to send message with a size larger than 100"],
  [14, "No connection established. Last error: Error: connect ECONNREFUSED 10.9.9.9:5432"],
  [14, "Name resolution failed for target dns:db.internal:5432"],
  [16, "Getting metadata from plugin failed with error: none"],
];
/** Messages that may also concern a call that was answered. */
const ambiguous: typeof texts = [
  [1, "Call cancelled"],
  [8, "Received message larger than max (5000000 vs 4194304)"],
  [14, "Connection dropped"],
  [14, "Received HTTP status code 502"],
  [14, "read ECONNRESET"],
];

const headers = { ":status": 200, "content-type": "application/grpc" };
/** Length-prefixed empty message. */
const message = Buffer.alloc(5);

/** Sends headers and a message, then a status. */
function answerAndFail(stream: ServerHttp2Stream, status: Record<string, string>): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(status));
  stream.end(message);
}

for (const [code, text] of [...texts, ...ambiguous]) {
  const status = { "grpc-status": String(code), "grpc-message": encodeURI(text) };

  test(`keeps "${text}" from a server, and does not retry the call`, async () => {
    let seen = 0;
    await using peer = await listenHttp2((stream) => {
      seen += 1;
      if (seen === 1) {
        stream.respond({ ...headers, ...status }, { endStream: true });
      } else {
        answerAndFail(stream, { ...status, "x-gateway": "1" });
      }
    });
    await using once = new EchoClient(peer.address, { retry: false });
    await assert.rejects(once.echo("World"), { code, details: text });
    await using client = new EchoClient(peer.address);
    await assert.rejects(client.echo("World"), { code, details: text, attempts: 1 });
    assert.equal(seen, 2);
  });
}

for (const [code, text] of texts) {
  test(`keeps "${text}" from a server after headers and nothing else`, async () => {
    await using peer = await listenHttp2((stream) =>
      answerAndFail(stream, { "grpc-status": String(code), "grpc-message": encodeURI(text) }),
    );
    await using client = new EchoClient(peer.address, { timeoutMs: 60_000 });
    await assert.rejects(client.echo("World"), { code, details: text });
    const watch = client.watchHealth("", { timeoutMs: 60_000 });
    await watch.next();
    await assert.rejects(watch.next(), { code, details: text });
  });
}

const timeout = { methodConfig: [{ name: [{ service: "testing.v1.Echo" }], timeout: "1s" }] };
for (const options of [
  { serviceConfig: timeout },
  { channelOptions: { "grpc.service_config": JSON.stringify(timeout) } },
]) {
  for (const answers of [false, true]) {
    test(`names the deadline of ${Object.keys(options)}, ${answers ? "with" : "without"} headers`, async () => {
      await using peer = await listenHttp2((stream) => answers && stream.respond(headers));
      await using client = new EchoClient(peer.address, options);
      await assert.rejects(client.echo("World"), {
        status: "DEADLINE_EXCEEDED",
        details: `${peer.address} ${answers ? "began to answer but sent no message" : "did not answer"} within 1000 ms`,
      });
    });
  }
}
