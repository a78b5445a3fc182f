import assert from "node:assert/strict";
import type { ServerHttp2Stream } from "node:http2";
import { test } from "node:test";
import { listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";

/** Messages of grpc-js, with their codes, that a gateway may forward from its own client. */
const clientMessages: readonly (readonly [code: number, text: string])[] = [
  [4, "Deadline exceeded after 0.100s,LB pick: 0.001s,remote_addr=10.9.9.9:50051"],
  [4, "Deadline exceeded after 5.001s,waiting for name resolution"],
  [8, "Attempted to send message with a size larger than 100"],
  [14, "No connection established. Last error: Error: connect ECONNREFUSED 10.9.9.9:5432"],
  [14, "Name resolution failed for target dns:db.internal:5432"],
  [16, "Getting metadata from plugin failed with error: none"],
];
/** Messages that grpc-js also uses for a call with a response. */
const ambiguousMessages: typeof clientMessages = [
  [1, "Call cancelled"],
  [8, "Received message larger than max (5000000 vs 4194304)"],
  [14, "Connection dropped"],
  [14, "Received HTTP status code 502"],
  [14, "read ECONNRESET"],
];

const headers = { ":status": 200, "content-type": "application/grpc" };
/** Length-prefixed empty message. */
const message = Buffer.alloc(5);

/** Sends headers and a message, and then a status. */
function respondAndFail(stream: ServerHttp2Stream, status: Record<string, string>): void {
  stream.respond(headers, { waitForTrailers: true });
  stream.on("wantTrailers", () => stream.sendTrailers(status));
  stream.end(message);
}

for (const [code, text] of [...clientMessages, ...ambiguousMessages]) {
  const status = { "grpc-status": String(code), "grpc-message": encodeURI(text) };

  test(`neither rewords "${text}" from a server nor retries the call`, async () => {
    let attempts = 0;
    await using peer = await listenHttp2((stream) => {
      attempts += 1;
      if (attempts === 1) {
        stream.respond({ ...headers, ...status }, { endStream: true });
      } else {
        respondAndFail(stream, { ...status, "x-gateway": "1" });
      }
    });
    await using clientWithoutRetries = new EchoClient(peer.address, { retry: false });
    await assert.rejects(clientWithoutRetries.echo("World"), { code, details: text });
    await using client = new EchoClient(peer.address);
    await assert.rejects(client.echo("World"), { code, details: text, attempts: 1 });
    assert.equal(attempts, 2);
  });
}

for (const [code, text] of clientMessages) {
  test(`does not reword "${text}" from a server that sends no trailers but the status`, async () => {
    await using peer = await listenHttp2((stream) =>
      respondAndFail(stream, { "grpc-status": String(code), "grpc-message": encodeURI(text) }),
    );
    await using client = new EchoClient(peer.address, { timeoutMs: 60_000 });
    await assert.rejects(client.echo("World"), { code, details: text });
    const watch = client.watchHealth("", { timeoutMs: 60_000 });
    await watch.next();
    await assert.rejects(watch.next(), { code, details: text });
  });
}

const serviceConfig = { methodConfig: [{ name: [{ service: "testing.v1.Echo" }], timeout: "1s" }] };
for (const options of [
  { serviceConfig },
  { channelOptions: { "grpc.service_config": JSON.stringify(serviceConfig) } },
]) {
  for (const sendsHeaders of [false, true]) {
    test(`reports the timeout in ${Object.keys(options)} if the server sends ${sendsHeaders ? "only headers" : "nothing"}`, async () => {
      await using peer = await listenHttp2((stream) => sendsHeaders && stream.respond(headers));
      await using client = new EchoClient(peer.address, options);
      await assert.rejects(client.echo("World"), {
        status: "DEADLINE_EXCEEDED",
        details: `${peer.address} ${sendsHeaders ? "sent headers but no message" : "did not respond"} within 1000 ms`,
      });
    });
  }
}
