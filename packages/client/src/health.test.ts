import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { type ServerUnaryCall, type ServerWritableStream, status } from "@grpc/grpc-js";
import { type HealthCheckRequest, type HealthCheckResponse, HealthService, ServingStatus } from "@hello/proto";
import { listen, listenHttp2 } from "@hello/testing/peer";
import { HelloClient } from "./hello-client.js";
import { serve } from "./test-server.js";

type Watch = ServerWritableStream<HealthCheckRequest, HealthCheckResponse>;

/** A server that knows the health of "" and "Hello", and hands each watch to the test. */
async function serveHealth({ onWatch = (_: Watch) => {} } = {}) {
  const { check, watch } = HealthService;
  const statuses: Record<string, ServingStatus> = { "": ServingStatus.SERVING, Hello: ServingStatus.NOT_SERVING };
  return await serve({
    services: [
      [
        { check, watch },
        {
          check(
            call: ServerUnaryCall<HealthCheckRequest, HealthCheckResponse>,
            callback: (error: { code: status } | null, response?: HealthCheckResponse) => void,
          ) {
            const found = statuses[call.request.service];
            callback(found === undefined ? { code: status.NOT_FOUND } : null, {
              status: found ?? ServingStatus.UNKNOWN,
            });
          },
          watch: onWatch,
        },
      ],
    ],
  });
}

test("check() tells whether the server, or a service, serves", async () => {
  await using server = await serveHealth();
  await using client = new HelloClient(server.target);
  assert.equal(await client.check(), "SERVING");
  assert.equal(await client.check("Hello"), "NOT_SERVING");
  await assert.rejects(client.check("Goodbye"), { status: "NOT_FOUND", method: "/grpc.health.v1.Health/Check" });
});

test("check() of a server that tells nobody is UNIMPLEMENTED", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  await assert.rejects(client.check(), { status: "UNIMPLEMENTED" });
  await assert.rejects(client.watch().next(), { status: "UNIMPLEMENTED" });
});

test("watch() yields every change in order, and leaving the loop cancels it", async () => {
  let cancelled = () => {};
  const end = new Promise<void>((resolve) => {
    cancelled = resolve;
  });
  const requests: string[] = [];
  await using server = await serveHealth({
    onWatch(stream) {
      requests.push(stream.request.service);
      stream.on("cancelled", cancelled);
      for (const status of [3, 1, 2, 1, 0] as const) {
        stream.write({ status });
      }
    },
  });
  await using client = new HelloClient(server.target);
  const seen: string[] = [];
  for await (const status of client.watch("Hello")) {
    seen.push(status);
    if (seen.length === 5) {
      break;
    }
  }
  assert.deepEqual(seen, ["SERVICE_UNKNOWN", "SERVING", "NOT_SERVING", "SERVING", "UNKNOWN"]);
  assert.deepEqual(requests, ["Hello"]);
  await end;
});

test("watch() has no deadline once it has begun", async () => {
  await using server = await serveHealth({
    onWatch(stream) {
      stream.write({ status: ServingStatus.SERVING });
      setTimeout(() => stream.write({ status: ServingStatus.NOT_SERVING }), 400);
    },
  });
  await using client = new HelloClient(server.target);
  const watch = client.watch("", { timeoutMs: 200 });
  assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
  assert.deepEqual(await watch.next(), { done: false, value: "NOT_SERVING" });
  await watch.return();
});

test("watch() without a limit waits for the first answer", async () => {
  await using server = await serveHealth({
    onWatch: (stream) => setImmediate(() => stream.write({ status: ServingStatus.SERVING })),
  });
  await using client = new HelloClient(server.target);
  const watch = client.watch("", { timeoutMs: Number.POSITIVE_INFINITY });
  assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
  await watch.return();
});

for (const [how, leave] of [
  ["its return()", (_client: HelloClient, watch: AsyncGenerator) => void watch.return(undefined)],
  ["close()", (client: HelloClient) => client.close()],
] as const) {
  test(`watch() ends with ${how}, though a change is waited for, and the server sees it`, async () => {
    let cancelled = () => {};
    const end = new Promise<void>((resolve) => {
      cancelled = resolve;
    });
    await using server = await serveHealth({
      onWatch(stream) {
        stream.on("cancelled", cancelled);
        stream.write({ status: ServingStatus.SERVING });
      },
    });
    await using client = new HelloClient(server.target);
    const watch = client.watch();
    assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
    const change = watch.next();
    leave(client, watch);
    assert.deepEqual(await change, { done: true, value: undefined });
    await end;
  });
}

test("watch() rejects where the first answer does not come in time", async () => {
  await using server = await serveHealth();
  await using client = new HelloClient(server.target);
  const watch = client.watch("", { timeoutMs: 200 });
  await assert.rejects(watch.next(), {
    status: "DEADLINE_EXCEEDED",
    details: "the server did not answer within 200 ms",
  });
  assert.deepEqual(await watch.next(), { done: true, value: undefined });
});

test("watch() rejects where there is no connection in time", async () => {
  await using peer = await listen(createServer());
  await using client = new HelloClient(peer.address);
  await assert.rejects(client.watch("", { timeoutMs: 200 }).next(), {
    status: "DEADLINE_EXCEEDED",
    details: /^no connection within 200 ms: nothing answers/,
  });
});

test("watch() rejects where the answer cannot be decoded, or not be decompressed", async () => {
  for (const [encoding, answer, details] of [
    ["identity", Buffer.from([0, 0, 0, 0, 2, 10, 9]), /^the response cannot be decoded: /],
    ["br", Buffer.from([1, 0, 0, 0, 1, 0]), /^the response cannot be decompressed$/],
  ] as const) {
    await using peer = await listenHttp2((stream) => {
      stream.respond({ ":status": 200, "content-type": "application/grpc", "grpc-encoding": encoding });
      stream.write(answer);
    });
    await using client = new HelloClient(peer.address);
    await assert.rejects(client.watch().next(), { name: "RpcError", status: "INTERNAL", details });
  }
});

test("watch() rejects where the connection is lost", async () => {
  await using server = await serveHealth({
    onWatch(stream) {
      stream.write({ status: ServingStatus.SERVING });
      setImmediate(() => server.server.forceShutdown());
    },
  });
  await using client = new HelloClient(server.target);
  const watch = client.watch();
  assert.deepEqual(await watch.next(), { done: false, value: "SERVING" });
  await assert.rejects(watch.next(), { name: "RpcError" });
});

test("watch() ends with its signal, whose reason is the cause", async () => {
  await using server = await serveHealth({ onWatch: (stream) => stream.write({ status: ServingStatus.SERVING }) });
  await using client = new HelloClient(server.target);
  const controller = new AbortController();
  const watch = client.watch("", { signal: controller.signal });
  await watch.next();
  const next = watch.next();
  controller.abort("enough");
  await assert.rejects(next, { status: "CANCELLED", cause: "enough" });
  await assert.rejects(client.watch("", { signal: controller.signal }).next(), { status: "CANCELLED" });
});

test("watch() ends with the stream", async () => {
  await using server = await serveHealth({ onWatch: (stream) => stream.end() });
  await using client = new HelloClient(server.target);
  assert.deepEqual(await client.watch().next(), { done: true, value: undefined });
});
