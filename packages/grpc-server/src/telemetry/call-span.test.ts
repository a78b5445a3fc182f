// @own-process: registers an SDK of OpenTelemetry.
import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import { EchoResponse, EchoService } from "@hello/testing/echo";
import { startInMemoryTelemetry } from "@hello/testing/in-memory-telemetry";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { serveObserved } from "../../test/observed-server.js";
import { StatusError } from "../calls/status-error.js";

const telemetry = startInMemoryTelemetry();

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traced = new Metadata();
traced.set("traceparent", `00-${traceId}-${parentId}-01`);
traced.set("tracestate", "vendor=1");

test("continues the trace of the client, and activates the span in the handler", async () => {
  await using server = await serveObserved(async (_request, call) => {
    await new Promise(setImmediate);
    trace.getTracer("test").startSpan("inner").end();
    assert.equal(call.path, EchoService.unary.path);
    return new EchoResponse();
  });
  assert.equal(await server.call("World", traced), status.OK);
  const [inner, span] = telemetry.spans();
  assert.ok(inner !== undefined && span !== undefined);
  const { spanId } = span.spanContext();
  assert.equal(inner.parentSpanContext?.spanId, spanId);
  assert.equal(span.spanContext().traceId, traceId);
  assert.equal(span.spanContext().traceState?.serialize(), "vendor=1");
  assert.equal(span.parentSpanContext?.spanId, parentId);
  assert.equal(span.parentSpanContext?.isRemote, true);
  assert.equal(span.name, "testing.v1.Echo/Unary");
  assert.equal(span.kind, SpanKind.SERVER);
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  const { "network.peer.port": port, ...attributes } = span.attributes;
  assert.ok(Number(port) > 0);
  assert.deepEqual(attributes, {
    "rpc.system": "grpc",
    "rpc.service": "testing.v1.Echo",
    "rpc.method": "Unary",
    "rpc.grpc.status_code": 0,
    "network.peer.address": "127.0.0.1",
  });
  const line = server.log.find(({ msg }) => msg === "call");
  assert.equal(line?.["trace_id"], traceId);
  assert.equal(line["span_id"], spanId);
});

test("starts a new trace for a call without a valid trace", async () => {
  await using server = await serveObserved(() => new EchoResponse());
  const malformed = new Metadata();
  malformed.set("traceparent", `00-${"0".repeat(32)}-${parentId}-01`);
  await server.call("World");
  await server.call("World", malformed);
  for (const span of telemetry.spans()) {
    assert.equal(span.parentSpanContext, undefined);
  }
  assert.equal(telemetry.spans().length, 2);
});

test("logs a failed handler with its trace, once at error and once at debug level, and marks the span as an error", async () => {
  await using server = await serveObserved(() => Promise.reject(new Error("secret")));
  assert.equal(await server.call("Ada", traced), status.INTERNAL);
  const [failure, ...others] = server.log.filter(({ level }) => level >= 50);
  assert.deepEqual(others, []);
  assert.equal(failure?.["trace_id"], traceId);
  assert.match(JSON.stringify(failure["err"]), /secret.*call-span\.test\.ts/);
  const call = server.log.find(({ msg }) => msg === "call");
  assert.equal(typeof call?.["durationMs"], "number");
  assert.doesNotMatch(JSON.stringify(server.log), /Ada/);
  assert.equal(call?.["method"], EchoService.unary.path);
  assert.equal(call?.["status"], "INTERNAL");
  assert.equal(telemetry.spans()[0]?.status.code, SpanStatusCode.ERROR);
});

test("does not log a status that the handler chose as an error, nor mark the span", async () => {
  await using server = await serveObserved(() => Promise.reject(new StatusError(status.NOT_FOUND, "no such name")));
  assert.equal(await server.call("World"), status.NOT_FOUND);
  const [span] = telemetry.spans();
  assert.equal(span?.status.code, SpanStatusCode.UNSET);
  assert.equal(span.attributes["rpc.grpc.status_code"], status.NOT_FOUND);
  assert.deepEqual(
    server.log.filter(({ level }) => level >= 40),
    [],
  );
});
