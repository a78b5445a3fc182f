import assert from "node:assert/strict";
import { createServer, type OutgoingHttpHeaders, type Settings } from "node:http2";
import { listen } from "@hello/testing/peer";
import type { CallOptions, ClientOptions } from "../src/index.js";
import { deferred } from "./deferred.js";
import { EchoClient } from "./echo-client.js";

/** Options of the server and the client of {@link withConcurrentCall}. */
export interface ConcurrentCallOptions {
  readonly client?: ClientOptions | undefined;
  readonly settings?: Settings;
  /** Headers that the server adds to its response to `World`. */
  readonly headers?: OutgoingHttpHeaders;
  /** Trailers that the server adds to its response to `World`. */
  readonly trailers?: OutgoingHttpHeaders;
}

/**
 * Makes a call while another one is open on the same connection, and checks that the other one succeeds.
 *
 * @returns Number of calls of `makeCall` that have reached the server.
 */
export async function withConcurrentCall(
  makeCall: (client: EchoClient) => Promise<unknown>,
  { client: clientOptions, settings, headers, trailers }: ConcurrentCallOptions = {},
): Promise<number> {
  const arrived = deferred();
  const released = deferred();
  let calls = 0;
  const server = createServer({ ...(settings && { settings }) });
  server.on("stream", async (stream) => {
    stream.on("error", () => undefined);
    const body = Buffer.concat(await stream.toArray().catch(() => []));
    calls += 1;
    if (body.includes("concurrent")) {
      arrived.resolve();
      await released.promise;
    }
    const addsMetadata = body.includes("World");
    stream.respond({ "content-type": "application/grpc", ...(addsMetadata && headers) }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", ...(addsMetadata && trailers) }));
    stream.end(body);
  });
  await using peer = await listen(server);
  await using client = new EchoClient(peer.address, { retry: false, timeoutMs: 60_000, ...clientOptions });
  const concurrent = client.echo("concurrent");
  await Promise.race([arrived.promise, concurrent]);
  await makeCall(client);
  released.resolve();
  assert.equal(await concurrent, "concurrent");
  assert.equal(await client.echo("after"), "after");
  assert.equal(peer.accepted, 1);
  return calls - 2;
}

/** Creates a function for {@link withConcurrentCall} that asserts that a call fails. */
export function failingCall(options: CallOptions, expected: object): (client: EchoClient) => Promise<void> {
  return (client) => assert.rejects(client.echo("World", options), expected);
}
