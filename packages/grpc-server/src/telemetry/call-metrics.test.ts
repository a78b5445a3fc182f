// @own-process: registers an SDK of OpenTelemetry.
import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import type { IncomingHttpHeaders } from "node:http2";
import { test } from "node:test";
import { Client, credentials } from "@grpc/grpc-js";
import { callUnary } from "@hello/testing/call-unary";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { bind } from "@hello/testing/grpc-server";
import { startInMemoryTelemetry } from "@hello/testing/in-memory-telemetry";
import { defaultLimits } from "../../test/default-limits.js";
import { openRawCall, serveObserved } from "../../test/observed-server.js";
import type { UnaryHandler } from "../calls/handler-types.js";
import { createGrpcJsServer } from "../http2/grpc-js-server.js";

const echo: UnaryHandler<EchoRequest, EchoResponse> = (request) => new EchoResponse().setValue(request.getValue());

const telemetry = startInMemoryTelemetry();

/** Calls an unknown method with an invalid message, and resolves with the headers of the response. */
async function callUnknownMethod(address: string): Promise<object> {
  const [session, stream] = openRawCall(address, { ":path": "/No/Such" });
  stream.end(Buffer.from([0, 0, 0, 0, 1, 0xff]));
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  session.destroy();
  return {
    ...headers,
    date: undefined,
    "grpc-message": decodeURIComponent(String(headers["grpc-message"])),
  };
}

/** Returns the data points of each instrument since the start of the test, each with its attributes. */
async function dataPoints() {
  const measured = Object.entries(await telemetry.measurements());
  return Object.fromEntries(
    measured.map(([name, points]) => [
      name,
      points.map(({ attributes, sum, count }) => ({ ...attributes, sum, count })),
    ]),
  );
}

/** Returns the method and the status of the only measured call. */
async function measuredCall() {
  const { "grpc.server.call.duration": durations = [] } = await telemetry.measurements();
  assert.deepEqual(
    durations.map(({ count }) => count),
    [1],
  );
  const { attributes = {} } = durations[0] ?? {};
  return [attributes["grpc.method"], attributes["grpc.status"]];
}

test("records the count, duration and size of a call, with its method and status", async () => {
  await using server = await serveObserved(echo);
  await server.call("World");
  await server.call("World");
  const all = await dataPoints();
  assert.deepEqual(all["grpc.server.call.started"], [{ "grpc.method": "testing.v1.Echo/Unary", sum: 2, count: 2 }]);
  const call = { "grpc.method": "testing.v1.Echo/Unary", "grpc.status": "OK", count: 2 };
  assert.deepEqual(all["grpc.server.call.rcvd_total_compressed_message_size"], [{ ...call, sum: 14 }]);
  assert.deepEqual(all["grpc.server.call.sent_total_compressed_message_size"], [{ ...call, sum: 14 }]);
  const [duration] = all["grpc.server.call.duration"] ?? [];
  assert.deepEqual({ ...duration, sum: 0 }, { ...call, sum: 0 });
  assert.ok(duration?.sum !== undefined && duration.sum > 0 && duration.sum < 60, `${duration?.sum} s`);
});

test("records the compressed size of a message", async () => {
  await using server = await serveObserved(() => new EchoResponse());
  const ended = server.nextCall();
  const client = new Client(server.address, credentials.createInsecure(), {
    "grpc.default_compression_algorithm": 2,
  });
  await callUnary(client, EchoService.unary, new EchoRequest().setValue("a".repeat(10_000)));
  client.close();
  await ended;
  const [received] = (await dataPoints())["grpc.server.call.rcvd_total_compressed_message_size"] ?? [];
  assert.ok(received?.sum !== undefined && received.sum > 20 && received.sum < 200, `${received?.sum} bytes`);
});

test("records a request that cannot be decoded as INTERNAL", async () => {
  await using server = await serveObserved(echo);
  const ended = server.nextCall();
  const [session, stream] = openRawCall(server.address);
  stream.end(Buffer.from([0, 0, 0, 0, 1, 0xff]));
  await ended;
  session.destroy();
  assert.deepEqual(await measuredCall(), ["testing.v1.Echo/Unary", "INTERNAL"]);
});

test("records a passed deadline as DEADLINE_EXCEEDED", async () => {
  await using server = await serveObserved(() => new Promise(() => {}));
  const ended = server.nextCall();
  const [session, stream] = openRawCall(server.address, { "grpc-timeout": "20m" });
  stream.end(Buffer.from([0, 0, 0, 0, 0]));
  await ended;
  session.destroy();
  assert.deepEqual(await measuredCall(), ["testing.v1.Echo/Unary", "DEADLINE_EXCEEDED"]);
});

test("records a broken connection as CANCELLED", async () => {
  const arrived = new EventEmitter();
  await using server = await serveObserved(() => {
    arrived.emit("call");
    return new Promise(() => {});
  });
  const ended = server.nextCall();
  const [session, stream] = openRawCall(server.address);
  const called = once(arrived, "call");
  stream.end(Buffer.from([0, 0, 0, 0, 0]));
  await called;
  session.destroy();
  const { status, peer } = await ended;
  assert.equal(status, "CANCELLED");
  assert.match(String(peer), /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(await measuredCall(), ["testing.v1.Echo/Unary", "CANCELLED"]);
});

test("records an unknown method as other, and does not change the response", async () => {
  await using observed = await serveObserved(echo);
  const plain = createGrpcJsServer(defaultLimits);
  const ended = observed.nextCall();
  const [response, expected] = [await callUnknownMethod(observed.address), await callUnknownMethod(await bind(plain))];
  plain.forceShutdown();
  assert.deepEqual(response, expected);
  assert.equal((await ended)["method"], "/No/Such");
  assert.deepEqual((await dataPoints())["grpc.server.call.started"], [{ "grpc.method": "other", sum: 1, count: 1 }]);
  assert.deepEqual(await measuredCall(), ["other", "UNIMPLEMENTED"]);
  assert.equal(telemetry.spans()[0]?.name, "other");
});
