import assert from "node:assert/strict";
import { createServer, type OutgoingHttpHeaders, type Settings } from "node:http2";
import { listen } from "@hello/testing/peer";
import type { CallOptions, ClientOptions } from "../src/index.js";
import { deferred } from "./deferred.js";
import { EchoClient } from "./echo-client.js";

/** Server and client of {@link besideNeighbour}. */
export interface NeighbourOptions {
  readonly client?: ClientOptions | undefined;
  readonly settings?: Settings;
  /** Headers and trailers that the server adds to its answer to `World`. */
  readonly headers?: OutgoingHttpHeaders;
  readonly trailers?: OutgoingHttpHeaders;
}

/**
 * Makes a call while another one is in flight on the same connection, and checks that it does not harm the other.
 *
 * @returns Number of the calls of `makeCall` that have reached the server.
 */
export async function besideNeighbour(
  makeCall: (client: EchoClient) => Promise<unknown>,
  { client: clientOptions, settings, headers, trailers }: NeighbourOptions = {},
): Promise<number> {
  const arrived = deferred();
  const released = deferred();
  let calls = 0;
  const server = createServer({ ...(settings && { settings }) });
  server.on("stream", async (stream) => {
    stream.on("error", () => undefined);
    const body = Buffer.concat(await stream.toArray().catch(() => []));
    calls += 1;
    if (body.includes("neighbour")) {
      arrived.resolve();
      await released.promise;
    }
    const isUsual = !body.includes("World");
    stream.respond({ "content-type": "application/grpc", ...(!isUsual && headers) }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0", ...(!isUsual && trailers) }));
    stream.end(body);
  });
  await using peer = await listen(server);
  await using client = new EchoClient(peer.address, { retry: false, timeoutMs: 60_000, ...clientOptions });
  const neighbour = client.echo("neighbour");
  await Promise.race([arrived.promise, neighbour]);
  await makeCall(client);
  released.resolve();
  assert.equal(await neighbour, "neighbour");
  assert.equal(await client.echo("after"), "after");
  assert.equal(peer.accepted, 1);
  return calls - 2;
}

/** Asserts that a call fails, for use with {@link besideNeighbour}. */
export function failingCall(options: CallOptions, expected: object): (client: EchoClient) => Promise<void> {
  return (client) => assert.rejects(client.echo("World", options), expected);
}
