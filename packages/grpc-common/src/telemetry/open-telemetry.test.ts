import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import * as api from "@opentelemetry/api";
import { getSpan, type OpenTelemetry, openTelemetry, rootContext, setSpan } from "./open-telemetry.js";
import { spanError, spanKind } from "./open-telemetry-api.js";

const span = api.trace.wrapSpanContext({ traceId: "1".repeat(32), spanId: "2".repeat(16), traceFlags: 1 });
const key = api.createContextKey("test");

afterEach(() => {
  api.trace.disable();
  api.metrics.disable();
});

test("returns undefined before an SDK is registered and after it is disabled", () => {
  assert.equal(openTelemetry(), undefined);
  api.trace.setGlobalTracerProvider({ getTracer: () => assert.fail() });
  assert.ok(openTelemetry()?.trace);
  assert.equal(openTelemetry()?.metrics, undefined);
  api.trace.disable();
  assert.equal(openTelemetry(), undefined);
  api.metrics.setGlobalMeterProvider({ getMeter: () => assert.fail() });
  assert.ok(openTelemetry()?.metrics);
});

test("matches the types and constants of the API", () => {
  const registered: OpenTelemetry = {
    trace: api.trace.getTracerProvider(),
    metrics: api.metrics.getMeterProvider(),
    context: api.context,
    propagation: api.propagation,
  };
  assert.ok(registered.trace);
  assert.deepEqual(spanKind, { server: api.SpanKind.SERVER, client: api.SpanKind.CLIENT });
  assert.equal(spanError, api.SpanStatusCode.ERROR);
});

test("exchanges the active span of a context with the API", () => {
  assert.equal(api.trace.getSpan(setSpan(rootContext, span)), span);
  assert.equal(getSpan(api.trace.setSpan(api.ROOT_CONTEXT, span)), span);
  assert.equal(getSpan(api.trace.deleteSpan(setSpan(rootContext, span))), undefined);
});

test("returns a new context instead of changing one", () => {
  const context = rootContext.setValue(key, "a");
  assert.equal(rootContext.getValue(key), undefined);
  assert.equal(context.setValue(key, "b").getValue(key), "b");
  assert.equal(setSpan(context, span).deleteValue(key).getValue(key), undefined);
  assert.equal(setSpan(context, span).getValue(key), "a");
  assert.equal(context.getValue(key), "a");
});
