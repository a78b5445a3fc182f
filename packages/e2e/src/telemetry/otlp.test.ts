import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { listen } from "@hello/testing/peer";
import { run } from "@hello/testing/program";
import { python, pythonProgram } from "../python-program.js";
import { type ServerProcess, startServerWith } from "../server-process.js";
import { greetWorld } from "./greet-world.js";
import { startOtlpCollector } from "./otlp-collector.js";

for (const protocol of ["http/protobuf", "grpc"] as const) {
  test(`exports spans and metrics over ${protocol}, the last of them at shutdown`, async () => {
    await using collector = await startOtlpCollector();
    const endpoint = {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoints[protocol],
    };
    await using server = await startServerWith(
      { ...endpoint, OTEL_SERVICE_NAME: "greeter", OTEL_RESOURCE_ATTRIBUTES: "service.namespace=tests" },
      "--log-level=debug",
    );
    await greetWorld(server);
    assert.equal(await server.stop(), 0);

    const [span, ...others] = collector.spans;
    assert.ok(span !== undefined);
    assert.deepEqual(others, []);
    assert.equal(span.name, "Hello/Hello");
    assert.equal(span.attributes["rpc.system"], "grpc");
    assert.equal(span.attributes["rpc.grpc.status_code"], 0);
    const line = server.log.find(({ msg }) => msg === "call");
    assert.equal(line?.["trace_id"], span.traceId);
    assert.equal(line["span_id"], span.spanId);
    assert.equal(span.resource["service.name"], "greeter");
    assert.equal(span.resource["service.namespace"], "tests");

    const metrics = new Map(collector.metrics.map((metric) => [metric.name, metric]));
    assert.deepEqual(metrics.get("grpc.server.call.started")?.points, [
      { attributes: { "grpc.method": "Hello/Hello" }, bounds: [] },
    ]);
    const duration = metrics.get("grpc.server.call.duration");
    assert.equal(duration?.unit, "s");
    assert.deepEqual(duration.points[0]?.attributes, { "grpc.method": "Hello/Hello", "grpc.status": "OK" });
    const { bounds } = duration.points[0];
    assert.deepEqual([bounds.length, bounds[1], bounds.at(-1)], [41, 0.000_01, 100]);
    assert.deepEqual(
      metrics.get("grpc.server.call.sent_total_compressed_message_size")?.points[0]?.bounds.slice(0, 3),
      [0, 1024, 2048],
    );
    assert.equal(duration.resource["service.instance.id"], span.resource["service.instance.id"]);
  });
}

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentSpanId = "00f067aa0ba902b7";
const traceparent = `00-${traceId}-${parentSpanId}-01`;

const callers: Record<string, { skip: string | false; call: (server: ServerProcess) => Promise<void> }> = {
  TypeScript: { skip: false, call: (server) => greetWorld(server, { traceparent }) },
  Python: {
    skip: python.skip,
    async call(server) {
      const command = pythonProgram("metadata_client.py", server.address, "World", `traceparent=${traceparent}`);
      const { status, stdout, stderr } = await run(command);
      assert.equal(status, 0, stderr);
      assert.equal(stdout, "Hello World\n");
    },
  },
};

for (const [language, { skip, call }] of Object.entries(callers)) {
  test(`continues the trace of a ${language} client in the server's span`, { skip }, async () => {
    await using collector = await startOtlpCollector();
    const endpoint = `${collector.endpoints["http/protobuf"]}/v1/traces`;
    await using server = await startServerWith({ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: endpoint });
    await call(server);
    assert.equal(await server.stop(), 0);
    assert.deepEqual(
      collector.spans.map(({ traceId, parentSpanId }) => ({ traceId, parentSpanId })),
      [{ traceId, parentSpanId }],
    );
    assert.deepEqual(collector.metrics, []);
  });
}

test("gives two servers with the same environment different instance IDs", async () => {
  await using collector = await startOtlpCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoints["http/protobuf"] };
  for (const _ of [1, 2]) {
    await using server = await startServerWith(env);
    await greetWorld(server);
    await server.stop();
  }
  const instances = collector.spans.map(({ resource }) => resource["service.instance.id"]);
  assert.equal(new Set(instances).size, 2, instances.join());
});

test("delays the exit by two seconds when the collector does not answer", async () => {
  await using silent = await listen(createServer());
  await using server = await startServerWith({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://${silent.address}` });
  await greetWorld(server);
  const start = performance.now();
  assert.equal(await server.stop(), 0);
  const elapsed = performance.now() - start;
  // The SDK alone would wait ten seconds.
  assert.ok(elapsed > 1_500 && elapsed < 8_000, `${elapsed} ms`);
  assert.equal(server.log.at(-1)?.msg, "telemetry not sent: the collector does not respond");
});
