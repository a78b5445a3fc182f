import assert from "node:assert/strict";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { HelloClient } from "@hello/client";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { modulesLoaded } from "./modules-loaded.js";
import { startOtlpCollector } from "./otlp-collector.js";
import { frame, rawCall } from "./raw-call.js";
import { type ServerProcess, serverMain, startServerWith } from "./server-process.js";
import { snippets } from "./snippets.js";

const python = requires("python3-grpcio");

const prometheus = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" };

async function greet(server: ServerProcess, metadata: Record<string, string> = {}): Promise<void> {
  await using client = new HelloClient(server.address);
  assert.equal(await client.hello("World", { metadata }), "Hello World");
}

/** Where the processes of a server serve their metrics. */
function endpoints(server: ServerProcess): string[] {
  return server.log.filter(({ msg }) => msg === "telemetry started").map((line) => String(line["prometheus"]));
}

/** What Prometheus would scrape: samples, without comments. */
async function scrape(endpoint: string | undefined): Promise<string[]> {
  const response = await fetch(String(endpoint));
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  return (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** The value of the sample with this name and these labels, of which others may have more. */
function sample(samples: readonly string[], name: string, labels: Readonly<Record<string, string>>): number {
  const found = samples.filter(
    (line) =>
      line.startsWith(`${name}{`) &&
      Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  assert.equal(found.length, 1, `${name} ${JSON.stringify(labels)} in ${samples.join("\n")}`);
  return Number(found[0]?.split(" ").at(-1));
}

test("Prometheus scrapes the metrics of gRFC A66, with method and status", async () => {
  await using server = await startServerWith(prometheus);
  await greet(server);
  await greet(server);
  await rawCall(server.address, "/Hello/Hello", frame(Buffer.from([0xff])));
  await rawCall(server.address, "/No/Such", frame(Buffer.alloc(0)));
  const samples = await scrape(endpoints(server)[0]);
  const ok = { grpc_method: "Hello/Hello", grpc_status: "OK" };
  assert.equal(sample(samples, "grpc_server_call_started_total", { grpc_method: "Hello/Hello" }), 3);
  assert.equal(sample(samples, "grpc_server_call_started_total", { grpc_method: "other" }), 1);
  assert.equal(sample(samples, "grpc_server_call_duration_count", ok), 2);
  assert.ok(sample(samples, "grpc_server_call_duration_sum", ok) > 0);
  assert.equal(sample(samples, "grpc_server_call_duration_count", { ...ok, grpc_status: "INTERNAL" }), 1);
  const unknown = { grpc_method: "other", grpc_status: "UNIMPLEMENTED" };
  assert.equal(sample(samples, "grpc_server_call_duration_count", unknown), 1);
  // The name in its field is 7 bytes, the greeting 13.
  assert.equal(sample(samples, "grpc_server_call_rcvd_total_compressed_message_size_sum", ok), 14);
  assert.equal(sample(samples, "grpc_server_call_sent_total_compressed_message_size_sum", ok), 26);
  assert.equal(sample(samples, "target_info", { service_name: "hello-server" }), 1);
  assert.equal(await server.stop(), 0);
});

test("the Prometheus endpoint serves nothing else", async () => {
  await using server = await startServerWith(prometheus);
  const { status } = await fetch(new URL("/", endpoints(server)[0]));
  assert.equal(status, 404);
});

test("each worker has an endpoint and an identity of its own", async () => {
  const env = { ...prometheus, OTEL_RESOURCE_ATTRIBUTES: "service.instance.id=pod" };
  await using server = await startServerWith(env, "--workers=2");
  await server.logged(({ msg }) => msg === "all workers serve");
  for (let call = 0; call < 4; call++) {
    await greet(server);
  }
  assert.equal(new Set(endpoints(server)).size, 2, endpoints(server).join());
  const workers = await Promise.all(endpoints(server).map(scrape));
  const calls = workers.flat().filter((line) => line.startsWith("grpc_server_call_started_total{"));
  assert.equal(
    calls.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
    4,
    calls.join("\n"),
  );
  const instances = workers.flat().flatMap((line) => line.match(/(?<=service_instance_id=")[^"]*/) ?? []);
  assert.deepEqual(instances.sort(), ["pod-0", "pod-1"]);
});

for (const protocol of ["http/protobuf", "grpc"] as const) {
  test(`spans and metrics reach a collector over ${protocol}, the last of them at the shutdown`, async () => {
    await using collector = await startOtlpCollector();
    const endpoint = {
      OTEL_EXPORTER_OTLP_PROTOCOL: protocol,
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoints[protocol],
    };
    await using server = await startServerWith(
      { ...endpoint, OTEL_SERVICE_NAME: "greeter", OTEL_RESOURCE_ATTRIBUTES: "service.namespace=tests" },
      "--log-level=debug",
    );
    await greet(server);
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
  TypeScript: { skip: false, call: (server) => greet(server, { traceparent }) },
  Python: {
    skip: python.skip,
    async call(server) {
      const program = fileURLToPath(new URL("../python/metadata_client.py", import.meta.url));
      const command = [python.program, program, server.address, "World", `traceparent=${traceparent}`] as const;
      const { status, stdout, stderr } = await run(command);
      assert.equal(status, 0, stderr);
      assert.equal(stdout, "Hello World\n");
    },
  },
};

for (const [language, { skip, call }] of Object.entries(callers)) {
  test(`the trace of a client in ${language} continues in the server's span`, { skip }, async () => {
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

test("two servers of one environment are two instances", async () => {
  await using collector = await startOtlpCollector();
  const env = { OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoints["http/protobuf"] };
  for (const _ of [1, 2]) {
    await using server = await startServerWith(env);
    await greet(server);
    await server.stop();
  }
  const instances = collector.spans.map(({ resource }) => resource["service.instance.id"]);
  assert.equal(new Set(instances).size, 2, instances.join());
});

/** The modules of OpenTelemetry that a server has loaded when it ends, after a call. */
async function loadedBy(env: Readonly<Record<string, string>>): Promise<string[]> {
  return (await modulesLoaded(env, greet)).filter((path) => path.includes("opentelemetry"));
}

test("with no variable that asks for it, nothing of OpenTelemetry is loaded", async () => {
  assert.deepEqual(await loadedBy({ OTEL_SERVICE_NAME: "greeter" }), []);
});

test("with exporters none, nothing of OpenTelemetry is loaded", async () => {
  assert.deepEqual(await loadedBy({ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: "none" }), []);
});

test("with OTEL_SDK_DISABLED, nothing of OpenTelemetry is loaded", async () => {
  assert.deepEqual(await loadedBy({ ...prometheus, OTEL_TRACES_EXPORTER: "otlp", OTEL_SDK_DISABLED: "true" }), []);
});

test("with a variable that asks for it, the SDK is loaded", async () => {
  const modules = await loadedBy(prometheus);
  assert.ok(modules.some((path) => path.includes("sdk-node")));
});

/** Runs a server that is to end by itself. */
async function fail(env: Readonly<Record<string, string>>) {
  return run([process.execPath, serverMain, "--address", "127.0.0.1:0"], { env });
}

test("a Prometheus port in use is one line and status 1", async () => {
  const other = createServer().listen(0, "127.0.0.1").unref();
  await once(other, "listening");
  const port = String((other.address() as AddressInfo).port);
  const host = { OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1", OTEL_EXPORTER_PROMETHEUS_PORT: port };
  const { status, stderr } = await fail({ ...prometheus, ...host });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^hello-server: cannot serve metrics to Prometheus: .*EADDRINUSE.*OTEL_EXPORTER_PROMETHEUS_PORT.*\n$/,
  );
});

test("an SDK that is not installed is one line that says what to do, and status 1", async () => {
  const hook = new URL("without-sdk.mjs", import.meta.url);
  const { status, stderr } = await fail({ ...prometheus, NODE_OPTIONS: `--import=${hook}` });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^hello-server: .*not installed \(.*@opentelemetry\/sdk-node.*\); install without --no-optional.*\n$/,
  );
});

test("a collector that never answers delays the exit by two seconds", async () => {
  const silent = createServer().listen(0, "127.0.0.1").unref();
  await once(silent, "listening");
  const { port } = silent.address() as AddressInfo;
  await using server = await startServerWith({ OTEL_EXPORTER_OTLP_ENDPOINT: `http://127.0.0.1:${port}` });
  await greet(server);
  const start = performance.now();
  assert.equal(await server.stop(), 0);
  const elapsed = performance.now() - start;
  // The SDK itself would wait ten.
  assert.ok(elapsed > 1_500 && elapsed < 8_000, `${elapsed} ms`);
  assert.equal(server.log.at(-1)?.msg, "telemetry not sent: the collector does not answer");
});

test("the SDK tells its troubles to the log, each in one line", async () => {
  const unknown = { OTEL_TRACES_EXPORTER: "pigeon", OTEL_METRICS_EXPORTER: "stork" };
  await using server = await startServerWith({ ...unknown, OTEL_LOG_LEVEL: "info" });
  const lines = server.log.filter(({ component }) => component === "opentelemetry");
  for (const exporter of Object.values(unknown)) {
    const line = lines.find(({ msg }) => msg.includes(exporter));
    assert.equal(line?.["level"], 40, exporter);
  }
});

test("the commands of docs/telemetry.md start a server with the telemetry that they promise", async () => {
  const page = new URL("../../../docs/telemetry.md", import.meta.url);
  const commands = snippets(page, "console").flatMap((block) => block.match(/(?<=^\$ )OTEL_.*(?= pnpm)/gm) ?? []);
  assert.equal(commands.length, 2);
  const promises = [
    { traces: false, metrics: true },
    { traces: true, metrics: true },
  ];
  for (const [index, command] of commands.entries()) {
    const env = Object.fromEntries(command.split(" ").map((pair) => pair.split("=")));
    await using server = await startServerWith({ ...env, OTEL_EXPORTER_PROMETHEUS_PORT: "0" });
    const { traces, metrics } = await server.logged(({ msg }) => msg === "telemetry started");
    assert.deepEqual({ traces, metrics }, promises[index]);
  }
});
