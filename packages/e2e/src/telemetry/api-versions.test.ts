// @own-process: registers an SDK of OpenTelemetry.
import assert from "node:assert/strict";
import { afterEach, test } from "node:test";
import { HelloClient } from "@hello/client";
import { createHelloServer } from "@hello/server";
import * as api19 from "@opentelemetry/api";
import * as api14 from "opentelemetry-api-1.4";
import * as api18 from "opentelemetry-api-1.8";

/** Part of the API that exists in every version. */
type Api = Pick<typeof api14, "trace" | "metrics" | "propagation" | "createNoopMeter">;

const spanContext = { traceId: "4bf92f3577b34da6a3ce929d0e0e4736", spanId: "00f067aa0ba902b7", traceFlags: 1 };

/** Registers an SDK through a copy of the API, and returns the list of the calls that the SDK receives. */
function registerSdk({ trace, metrics, propagation, createNoopMeter }: Api): string[] {
  const received: string[] = [];
  trace.setGlobalTracerProvider({
    getTracer: () => ({
      startSpan(name, { kind } = {}) {
        received.push(`span ${name} ${kind}`);
        return trace.wrapSpanContext(spanContext);
      },
      startActiveSpan: () => assert.fail(),
    }),
  });
  metrics.setGlobalMeterProvider({
    getMeter(name) {
      received.push(`meter ${name}`);
      return createNoopMeter();
    },
  });
  propagation.setGlobalPropagator({
    fields: () => [],
    inject(context, carrier, setter) {
      setter.set(carrier, "x-trace", trace.getSpanContext(context)?.traceId ?? "none");
    },
    extract(context, carrier, getter) {
      received.push(`parent ${getter.get(carrier, "x-trace")}`);
      return context;
    },
  });
  return received;
}

// Only one version can be registered at a time.
afterEach(() => Reflect.deleteProperty(globalThis, Symbol.for("opentelemetry.js.api.1")));

for (const [version, api] of Object.entries<unknown>({ "1.4": api14, "1.8": api18, "1.9": api19 })) {
  test(`reports calls on both sides to an SDK registered through version ${version} of the API`, async () => {
    const received = registerSdk(api as Api);
    const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
    const [address = ""] = await server.start();
    const client = new HelloClient(address);
    try {
      assert.equal(await client.hello("World"), "Hello World");
    } finally {
      client.close();
      await server.shutdown();
    }
    assert.deepEqual(received, [
      "meter grpc-js",
      "meter grpc-js",
      "span Hello/Hello 2",
      `parent ${spanContext.traceId}`,
      "span Hello/Hello 1",
    ]);
  });
}
