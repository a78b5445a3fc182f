import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { type ServerUnaryCall, type ServerWritableStream, status } from "@grpc/grpc-js";
import { loadHealthProtocol } from "@hello/grpc-common";
import { listen, listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";

const { HealthService, HealthCheckRequest, HealthCheckResponse } = loadHealthProtocol();
type HealthCheckRequest = InstanceType<typeof HealthCheckRequest>;
type HealthCheckResponse = InstanceType<typeof HealthCheckResponse>;
type Watch = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

const { UNKNOWN, SERVING, NOT_SERVING, SERVICE_UNKNOWN } = HealthCheckResponse.ServingStatus;

const response = (status: number) => new HealthCheckResponse().setStatus(status);

/** Starts a server that reports the health of "" and "Echo", and calls back with each watch. */
async function serveHealth({ onWatch = (_: Watch) => {} } = {}) {
  const { check, watch } = HealthService;
  const statuses = new Map([
    ["", SERVING],
    ["Echo", NOT_SERVING],
  ]);
  return await serve({
    services: [
      [
        { check, watch },
        {
          check(
            call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
            callback: (error: { code: status } | null, response?: HealthCheckResponse) => void,
          ) {
            const health = statuses.get(call.request.getService());
            callback(health === undefined ? { code: status.NOT_FOUND } : null, response(health ?? UNKNOWN));
          },
          watch: onWatch,
        },
      ],
    ],
  });
}

test("checkHealth() returns the health of the server or of a service", async () => {
  await using server = await serveHealth();
  await using client = new EchoClient(server.target);
  assert.equal(await client.checkHealth(), "SERVING");
  assert.equal(await client.checkHealth("Echo"), "NOT_SERVING");
  await assert.rejects(client.checkHealth("Other"), { status: "NOT_FOUND", method: "/grpc.health.v1.Health/Check" });
});

test("checkHealth() and watchHealth() fail with UNIMPLEMENTED if the server does not report health", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await assert.rejects(client.checkHealth(), { status: "UNIMPLEMENTED" });
  await assert.rejects(client.watchHealth().next(), { status: "UNIMPLEMENTED" });
});

test("watchHealth() yields every change in order, and cancels the call when the loop ends", async () => {
  let cancelled = () => {};
  const end = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const requests: string[] = [];
  await using server = await serveHealth({
    onWatch(stream) {
      requests.push(stream.request.getService());
      stream.on("cancelled", cancelled);
      for (const status of [SERVICE_UNKNOWN, SERVING, NOT_SERVING, SERVING, UNKNOWN]) {
        stream.write(response(status));
      }
    },
  });
  await using client = new EchoClient(server.target);
  const received: string[] = [];
  for await (const status of client.watchHealth("Echo")) {
    received.push(status);
    if (received.length === 5) {
      break;
    }
  }
  assert.deepEqual(received, ["SERVICE_UNKNOWN", "SERVING", "NOT_SERVING", "SERVING", "UNKNOWN"]);
  assert.deepEqual(requests, ["Echo"]);
  await end;
});

test("watchHealth() has no deadline after the first response", async () => {
  await using server = await serveHealth({
    onWatch(stream) {
      stream.write(response(SERVING));
      setTimeout(() => stream.write(response(NOT_SERVING)), 2_500);
    },
  });
  await using client = new EchoClient(server.target);
  const watch = client.watchHealth("", { timeoutMs: 2_000 });
  assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
  assert.deepEqual(await watch.next(), { done: false, value: "NOT_SERVING" });
  await watch.return();
});

test("watchHealth() accepts an infinite timeout", async () => {
  await using server = await serveHealth({
    onWatch: (stream) => setImmediate(() => stream.write(response(SERVING))),
  });
  await using client = new EchoClient(server.target);
  const watch = client.watchHealth("", { timeoutMs: Number.POSITIVE_INFINITY });
  assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
  await watch.return();
});

for (const [method, endWatch] of [
  ["return()", (_client: EchoClient, watch: AsyncGenerator) => void watch.return(undefined)],
  ["close()", (client: EchoClient) => client.close()],
] as const) {
  test(`watchHealth() ends on ${method} during a pending next(), and cancels the call at the server`, async () => {
    let cancelled = () => {};
    const end = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    await using server = await serveHealth({
      onWatch(stream) {
        stream.on("cancelled", cancelled);
        stream.write(response(SERVING));
      },
    });
    await using client = new EchoClient(server.target);
    const watch = client.watchHealth();
    assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
    const change = watch.next();
    endWatch(client, watch);
    assert.deepEqual(await change, { done: true, value: undefined });
    await end;
  });
}

test("watchHealth() rejects if the first response does not arrive in time", async () => {
  await using server = await serveHealth();
  await using client = new EchoClient(server.target);
  const watch = client.watchHealth("", { timeoutMs: 200 });
  await assert.rejects(watch.next(), {
    status: "DEADLINE_EXCEEDED",
    details: "the server did not respond within 200 ms",
  });
  assert.deepEqual(await watch.next(), { done: true, value: undefined });
});

test("watchHealth() rejects if the connection is not established in time", async () => {
  await using peer = await listen(createServer());
  await using client = new EchoClient(peer.address);
  await assert.rejects(client.watchHealth("", { timeoutMs: 200 }).next(), {
    status: "DEADLINE_EXCEEDED",
    details: /^no connection within 200 ms: the peer does not respond /,
  });
});

for (const [step, encoding, message, details] of [
  ["deserializing", "identity", Buffer.from([0, 0, 0, 0, 2, 10, 9]), /^failed to deserialize the response: /],
  ["decompressing", "br", Buffer.from([1, 0, 0, 0, 1, 0]), /^failed to decompress the response$/],
] as const) {
  test(`watchHealth() rejects if ${step} a response fails`, async () => {
    await using peer = await listenHttp2((stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-encoding": encoding });
      stream.write(message);
    });
    await using client = new EchoClient(peer.address);
    await assert.rejects(client.watchHealth().next(), { name: "RpcError", status: "INTERNAL", details });
  });
}

test("watchHealth() rejects if the connection is lost", async () => {
  await using server = await serveHealth({
    onWatch(stream) {
      stream.write(response(SERVING));
      setImmediate(() => server.server.forceShutdown());
    },
  });
  await using client = new EchoClient(server.target);
  const watch = client.watchHealth();
  assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
  await assert.rejects(watch.next(), { name: "RpcError" });
});

test("watchHealth() rejects with the abort reason of its signal as the cause", async () => {
  await using server = await serveHealth({ onWatch: (stream) => stream.write(response(SERVING)) });
  await using client = new EchoClient(server.target);
  const controller = new AbortController();
  const watch = client.watchHealth("", { signal: controller.signal });
  await watch.next();
  const next = watch.next();
  controller.abort("enough");
  await assert.rejects(next, { status: "CANCELLED", cause: "enough" });
  await assert.rejects(client.watchHealth("", { signal: controller.signal }).next(), { status: "CANCELLED" });
});

test("watchHealth() ends when the server ends the stream", async () => {
  await using server = await serveHealth({ onWatch: (stream) => stream.end() });
  await using client = new EchoClient(server.target);
  assert.deepEqual(await client.watchHealth().next(), { done: true, value: undefined });
});
