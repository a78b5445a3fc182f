// @own-process: registers an SDK of OpenTelemetry.
import assert from "node:assert/strict";
import { test } from "node:test";
import type { ServerDuplexStream } from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { startInMemoryTelemetry } from "@hello/testing/in-memory-telemetry";
import { context, propagation, SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { EchoClient } from "../../test/echo-client.js";
import { requestsOf } from "../../test/request-source.js";
import { echo, fail, serve } from "../../test/test-server.js";

const telemetry = startInMemoryTelemetry();

test("creates a client span below the active span, and sends W3C trace context", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  const tracer = trace.getTracer("test");
  const parent = tracer.startSpan("parent");
  const active = propagation.setBaggage(
    trace.setSpan(context.active(), parent),
    propagation.createBaggage({ tenant: { value: "7" } }),
  );
  await context.with(active, () => client.echo("World", { metadata: { "x-id": "42" } }));
  parent.end();
  const [span] = telemetry.spans();
  assert.ok(span);
  assert.equal(span.name, "testing.v1.Echo/Unary");
  assert.equal(span.kind, SpanKind.CLIENT);
  assert.equal(span.parentSpanContext?.spanId, parent.spanContext().spanId);
  assert.deepEqual(span.attributes, {
    "rpc.system": "grpc",
    "rpc.service": "testing.v1.Echo",
    "rpc.method": "Unary",
    "server.address": `dns:///${server.target}`,
    "rpc.grpc.status_code": 0,
  });
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  const received = server.calls[0]?.metadata;
  const { traceId, spanId } = span.spanContext();
  assert.deepEqual(received?.get("traceparent"), [`00-${traceId}-${spanId}-01`]);
  assert.deepEqual(received?.get("baggage"), ["tenant=7"]);
  assert.deepEqual(received?.get("x-id"), ["42"]);
});

test("marks the span of a failed call as an error, with the details", async () => {
  await using server = await serve({ handler: fail(5, "no such name") });
  await using client = new EchoClient(server.target);
  await assert.rejects(client.echo("World"));
  const [span] = telemetry.spans();
  assert.deepEqual(span?.status, { code: SpanStatusCode.ERROR, message: "no such name" });
  assert.equal(span?.attributes["rpc.grpc.status_code"], 5);
});

test("records the metrics of gRFC A66", async () => {
  await using server = await serve();
  await using client = new EchoClient(`dns:///${server.target}`);
  await client.echo("World");
  const measured = await telemetry.measurements();
  const labels = { "grpc.method": "testing.v1.Echo/Unary", "grpc.target": `dns:///${server.target}` };
  const ended = { ...labels, "grpc.status": "OK" };
  const of = (name: string) => measured[name]?.map(({ attributes, count }) => ({ attributes, count }));
  assert.deepEqual(of("grpc.client.attempt.started"), [{ attributes: labels, count: 1 }]);
  for (const name of ["grpc.client.attempt.duration", "grpc.client.call.duration"]) {
    assert.deepEqual(of(name), [{ attributes: ended, count: 1 }]);
    assert.ok((measured[name]?.[0]?.sum ?? 0) > 0 && (measured[name]?.[0]?.sum ?? 0) < 5, "in seconds");
    assert.equal(measured[name]?.[0]?.boundaries.length, 41);
  }
  assert.equal(measured["grpc.client.attempt.sent_total_compressed_message_size"]?.[0]?.sum, 7);
  assert.equal(measured["grpc.client.attempt.rcvd_total_compressed_message_size"]?.[0]?.sum, 7);
});

test("counts every attempt, and measures the last one", async () => {
  let attempts = 0;
  await using server = await serve({
    handler: (call, callback) => (++attempts < 3 ? fail(14, "busy")(call, callback) : echo(call, callback)),
  });
  await using client = new EchoClient(server.target, { retry: { initialBackoffMs: 100 } });
  await client.echo("World");
  const measured = await telemetry.measurements();
  assert.equal(measured["grpc.client.attempt.started"]?.[0]?.count, 3);
  const [attempt] = measured["grpc.client.attempt.duration"] ?? [];
  const [call] = measured["grpc.client.call.duration"] ?? [];
  assert.equal(attempt?.count, 1);
  assert.equal(call?.count, 1);
  assert.ok((call?.sum ?? 0) - (attempt?.sum ?? 0) > 0.2, "only the call duration includes the backoff");
  assert.equal(telemetry.spans().length, 1);
});

test("counts attempts that find no connection", async () => {
  await using client = new EchoClient("127.0.0.1:1", { retry: { maxAttempts: 3, initialBackoffMs: 1 } });
  await assert.rejects(client.echo("World"));
  const measured = await telemetry.measurements();
  assert.equal(measured["grpc.client.attempt.started"]?.[0]?.count, 3);
  assert.equal(measured["grpc.client.call.duration"]?.[0]?.attributes["grpc.status"], "UNAVAILABLE");
});

test("observes a stream like a unary call", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await assert.rejects(client.watchHealth().next());
  const [span] = telemetry.spans();
  assert.equal(span?.name, "grpc.health.v1.Health/Watch");
  assert.equal(span?.attributes["rpc.grpc.status_code"], 12);
  const measured = await telemetry.measurements();
  assert.equal(measured["grpc.client.call.duration"]?.[0]?.attributes["grpc.method"], "grpc.health.v1.Health/Watch");
});

test("counts a stream once, with the total sizes of its messages", async () => {
  const { bidiStream } = EchoService;
  await using server = await serve({
    services: [
      [
        { bidiStream },
        {
          bidiStream(call: ServerDuplexStream<EchoRequest, EchoResponse>) {
            call.on("data", (request: EchoRequest) => call.write(new EchoResponse().setValue(request.getValue())));
            call.on("end", () => call.end());
          },
        },
      ],
    ],
  });
  await using client = new EchoClient(server.target);
  let count = 0;
  for await (const _ of client.chat(requestsOf("a", "bc", "def"))) {
    count += 1;
  }
  assert.equal(count, 3);
  assert.equal(telemetry.spans().length, 1);
  const measured = await telemetry.measurements();
  assert.equal(measured["grpc.client.attempt.started"]?.[0]?.count, 1);
  for (const name of ["sent", "rcvd"]) {
    const [size] = measured[`grpc.client.attempt.${name}_total_compressed_message_size`] ?? [];
    assert.deepEqual([size?.count, size?.sum], [1, 12]);
  }
});

test("sends a token and trace context together", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target, { token: "abc", allowPlaintextToken: true });
  await client.echo("World");
  assert.deepEqual(server.calls[0]?.metadata.get("authorization"), ["Bearer abc"]);
  assert.equal(server.calls[0]?.metadata.get("traceparent").length, 1);
});
