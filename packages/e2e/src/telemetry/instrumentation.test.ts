import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { listen } from "@hello/testing/peer";
import { watchHealth } from "../health-watch.js";
import { type ServerProcess, startServerWith } from "../server-process.js";
import { greetWorld } from "./greet-world.js";
import { startOtlpCollector } from "./otlp-collector.js";

/** Starts the server with an SDK that was started before the program and exports in batches. */
function startInstrumentedServer(endpoint: string, ...args: string[]): Promise<ServerProcess> {
  const env = {
    NODE_OPTIONS: `--import=${new URL("instrumentation.mjs", import.meta.url)}`,
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_EXPORTER: "otlp",
    OTEL_METRICS_EXPORTER: "otlp",
    OTEL_LOGS_EXPORTER: "none",
    // Intervals long enough that nothing is exported before the shutdown.
    OTEL_BSP_SCHEDULE_DELAY: "3600000",
    OTEL_METRIC_EXPORT_INTERVAL: "3600000",
  };
  return startServerWith(env, ...args);
}

interface Scenario {
  readonly args?: readonly string[];
  readonly signal: NodeJS.Signals;
  readonly call: (server: ServerProcess) => Promise<void>;
  /** Expected names of the spans. */
  readonly spans: readonly string[];
}

const scenarios: Record<string, Scenario> = {
  "a call to a worker stopped by SIGTERM": {
    args: ["--workers=2"],
    signal: "SIGTERM",
    call: (server) => greetWorld(server),
    spans: ["Hello/Hello"],
  },
  "a call, and for a stream that ends with a server stopped by SIGINT": {
    signal: "SIGINT",
    async call(server) {
      await greetWorld(server);
      const watch = await watchHealth(server.address);
      void watch.ended.then(() => watch[Symbol.dispose]());
    },
    spans: ["Hello/Hello", "grpc.health.v1.Health/Watch"],
  },
};

for (const [name, { args = [], signal, call, spans }] of Object.entries(scenarios)) {
  test(`records one span for ${name} under automatic instrumentation`, async () => {
    await using collector = await startOtlpCollector();
    await using server = await startInstrumentedServer(collector.endpoints["http/protobuf"], ...args);
    await call(server);
    assert.equal(collector.spans.length, 0);
    assert.equal(await server.stop(signal), 0);
    assert.deepEqual(
      collector.spans.map((span) => span.name),
      spans,
    );
    const started = collector.metrics.filter((metric) => metric.name === "grpc.server.call.started");
    assert.deepEqual(
      started.flatMap(({ points }) => points.map(({ attributes }) => attributes["grpc.method"])),
      spans,
    );
  });
}

test("delays the exit by two seconds when the collector of a preloaded SDK does not answer", async () => {
  await using silent = await listen(createServer());
  await using server = await startInstrumentedServer(`http://${silent.address}`);
  await greetWorld(server);
  assert.equal(await server.stop("SIGINT"), 0);
  assert.equal(server.log.at(-1)?.msg, "telemetry not sent: the collector does not respond");
});
