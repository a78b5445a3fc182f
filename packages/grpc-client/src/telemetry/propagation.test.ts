// @own-process: registers an SDK of OpenTelemetry.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { startInMemoryTelemetry } from "@hello/testing/in-memory-telemetry";
import { metrics, propagation, type TextMapPropagator, trace } from "@opentelemetry/api";
import { withConcurrentCall } from "../../test/concurrent-call.js";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";
import type { ClientOptions } from "../index.js";

const telemetry = startInMemoryTelemetry();

/** Entries that a propagator injects, and that must not be sent. */
const injected: Readonly<
  Record<string, readonly [entries: Readonly<Record<string, unknown>>, client?: ClientOptions]>
> = {
  "W3C baggage with a non-ASCII property": [{ baggage: "tenant=7;größe=1" }],
  "a connection header": [{ connection: "close" }],
  "a reserved name": [{ "grpc-own": "1", "content-type": "text/html" }],
  "an illegal name": [{ "a:b": "1", "a b": "2", ":path": "/" }],
  "an illegal value": [{ name: "né\n" }],
  "a value that is not a string": [{ number: 1, nothing: undefined, "text-bin": "text" }],
  "a second token": [{ authorization: "Bearer b" }, { token: "a", allowPlaintextToken: true }],
  "more bytes than every server accepts": [{ baggage: "x".repeat(8_000) }],
};

const originalPropagator = Reflect.get(globalThis, Symbol.for("opentelemetry.js.api.1"))
  .propagation as TextMapPropagator;

function usePropagator(inject: TextMapPropagator["inject"]): void {
  propagation.disable();
  propagation.setGlobalPropagator({ inject, extract: (context) => context, fields: () => [] });
}

afterEach(() => {
  propagation.disable();
  propagation.setGlobalPropagator(originalPropagator);
});

for (const [kind, [entries, client]] of Object.entries(injected)) {
  test(`drops ${kind} injected by a propagator`, async () => {
    usePropagator((_, carrier, setter) => {
      for (const [name, value] of Object.entries(entries)) {
        setter.set(carrier, name, value as string);
      }
      setter.set(carrier, "x-trace", "1");
    });
    await using server = await serve();
    await using caller = new EchoClient(server.target, client);
    assert.equal(await caller.echo("World"), "World");
    const received = server.calls[0]?.metadata;
    assert.deepEqual(received?.get("x-trace"), ["1"]);
    for (const [name, value] of Object.entries(entries)) {
      assert.ok(!received?.get(name).includes(String(value)), name);
    }
    assert.equal(telemetry.spans().length, 1);
    await withConcurrentCall((caller) => caller.echo("World"), { client });
  });
}

test("makes the call if the propagator throws", async () => {
  usePropagator((_, carrier, setter) => {
    setter.set(carrier, "x-trace", "1");
    throw new Error("the propagator has failed");
  });
  await using server = await serve();
  await using client = new EchoClient(server.target);
  assert.equal(await client.echo("World", { metadata: { "x-id": "42" } }), "World");
  const received = server.calls[0]?.metadata;
  assert.deepEqual([received?.get("x-trace"), received?.get("x-id")], [["1"], ["42"]]);
  assert.equal(telemetry.spans().length, 1);
});

test("makes the call if the SDK throws", async (t) => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  const fail = () => {
    throw new Error("the SDK has failed");
  };
  const tracer = trace.getTracerProvider().getTracer("grpc-js");
  t.mock.method(Object.getPrototypeOf(tracer), "startSpan", fail);
  assert.equal(await client.echo("World"), "World");
  t.mock.restoreAll();
  const counter = metrics.getMeter("grpc-js").createCounter("any");
  const histogram = metrics.getMeter("grpc-js").createHistogram("any");
  t.mock.method(Object.getPrototypeOf(counter), "add", fail);
  t.mock.method(Object.getPrototypeOf(histogram), "record", fail);
  assert.equal(await client.echo("World"), "World");
  assert.equal(telemetry.spans().length, 1, "the span ends");
});
