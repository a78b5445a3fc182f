import assert from "node:assert/strict";
import { lookup } from "node:dns/promises";
import { once } from "node:events";
import { get } from "node:http";
import { createServer } from "node:net";
import { test } from "node:test";
import { message } from "@hello/testing/http2-frames";
import { listen } from "@hello/testing/peer";
import { run } from "@hello/testing/program";
import { rawCall } from "../raw-call.js";
import { type ServerProcess, serverMain, startServerWith } from "../server-process.js";
import { greetWorld } from "./greet-world.js";

const prometheus = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" };

/** Returns the URLs of the metrics of each process of a server. */
function metricsUrls(server: ServerProcess): string[] {
  return server.log.filter(({ msg }) => msg === "telemetry started").map((line) => String(line["prometheus"]));
}

/** Scrapes the samples of a URL, without comments. */
async function scrape(url: string | undefined): Promise<string[]> {
  const response = await fetch(String(url));
  assert.equal(response.status, 200);
  assert.match(response.headers.get("content-type") ?? "", /^text\/plain/);
  return (await response.text()).split("\n").filter((line) => line !== "" && !line.startsWith("#"));
}

/** Requests a target without normalizing it, and resolves with the HTTP status. */
async function fetchStatus(origin: string, target: string): Promise<number | undefined> {
  const [response] = await once(get(origin, { path: target, agent: false }), "response");
  response.resume();
  return response.statusCode;
}

/** Returns the value of the only sample with this name and at least these labels. */
function sampleValue(samples: readonly string[], name: string, labels: Readonly<Record<string, string>>): number {
  const found = samples.filter(
    (line) =>
      line.startsWith(`${name}{`) &&
      Object.entries(labels).every(([label, value]) => line.includes(`${label}="${value}"`)),
  );
  assert.equal(found.length, 1, `${name} ${JSON.stringify(labels)} in ${samples.join("\n")}`);
  return Number(found[0]?.split(" ").at(-1));
}

test("serves the metrics of gRFC A66 to Prometheus, with method and status", async () => {
  await using server = await startServerWith(prometheus);
  await greetWorld(server);
  await greetWorld(server);
  await rawCall(server.address, "/Hello/Hello", message(Buffer.from([0xff])));
  await rawCall(server.address, "/No/Such", message(Buffer.alloc(0)));
  const samples = await scrape(metricsUrls(server)[0]);
  const ok = { grpc_method: "Hello/Hello", grpc_status: "OK" };
  assert.equal(sampleValue(samples, "grpc_server_call_started_total", { grpc_method: "Hello/Hello" }), 3);
  assert.equal(sampleValue(samples, "grpc_server_call_started_total", { grpc_method: "other" }), 1);
  assert.equal(sampleValue(samples, "grpc_server_call_duration_count", ok), 2);
  assert.ok(sampleValue(samples, "grpc_server_call_duration_sum", ok) > 0);
  assert.equal(sampleValue(samples, "grpc_server_call_duration_count", { ...ok, grpc_status: "INTERNAL" }), 1);
  const unknown = { grpc_method: "other", grpc_status: "UNIMPLEMENTED" };
  assert.equal(sampleValue(samples, "grpc_server_call_duration_count", unknown), 1);
  // The encoded request has 7 bytes, the response 13.
  assert.equal(sampleValue(samples, "grpc_server_call_rcvd_total_compressed_message_size_sum", ok), 14);
  assert.equal(sampleValue(samples, "grpc_server_call_sent_total_compressed_message_size_sum", ok), 26);
  assert.equal(sampleValue(samples, "target_info", { service_name: "hello-server" }), 1);
  assert.equal(await server.stop(), 0);
});

test("serves the metrics on every address of localhost, also with a query, and no other path", async () => {
  await using server = await startServerWith(prometheus);
  const { port } = new URL(String(metricsUrls(server)[0]));
  const addresses = await lookup("localhost", { all: true });
  for (const { address, family } of addresses) {
    const origin = `http://${family === 6 ? `[${address}]` : address}:${port}`;
    for (const target of ["/metrics", "/metrics?x=y", `${origin}/metrics?x=y`]) {
      assert.equal(await fetchStatus(origin, target), 200, target);
    }
  }
  const origin = String(metricsUrls(server)[0]);
  for (const target of ["/", "/metrics/x", "/metricsx", "//", "/other?x=/metrics"]) {
    assert.equal(await fetchStatus(origin, target), 404, target);
  }
});

test("serves the metrics of each worker at a separate endpoint with a separate instance ID", async () => {
  const env = { ...prometheus, OTEL_RESOURCE_ATTRIBUTES: "service.instance.id=pod" };
  await using server = await startServerWith(env, "--workers=2");
  await server.logged(({ msg }) => msg === "all workers are serving");
  for (let call = 0; call < 4; call++) {
    await greetWorld(server);
  }
  assert.equal(new Set(metricsUrls(server)).size, 2, metricsUrls(server).join());
  const workers = await Promise.all(metricsUrls(server).map(scrape));
  const calls = workers.flat().filter((line) => line.startsWith("grpc_server_call_started_total{"));
  assert.equal(
    calls.reduce((sum, line) => sum + Number(line.split(" ").at(-1)), 0),
    4,
    calls.join("\n"),
  );
  const instances = workers.flat().flatMap((line) => line.match(/(?<=service_instance_id=")[^"]*/) ?? []);
  assert.deepEqual(instances.sort(), ["pod-0", "pod-1"]);
});

const mistakes: Record<string, { env: Record<string, string> }> = {
  'OTEL_EXPORTER_PROMETHEUS_PORT must be a port from 0 to 65535, not "http"': {
    env: { ...prometheus, OTEL_EXPORTER_PROMETHEUS_PORT: "http" },
  },
  'OTEL_EXPORTER_OTLP_ENDPOINT: invalid URL "localhost:4318"': {
    env: { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" },
  },
};

for (const [mistake, { env }] of Object.entries(mistakes)) {
  test(`reports an invalid variable: ${mistake}`, async () => {
    const { stdout, stderr } = await run([process.execPath, serverMain, "--address", "127.0.0.1:0"], { env });
    assert.ok(`${stdout}${stderr}`.includes(mistake), stderr);
  });
}

test("fails with one line and status 1 when the Prometheus port is in use", async () => {
  await using other = await listen(createServer());
  const host = { OTEL_EXPORTER_PROMETHEUS_HOST: "127.0.0.1", OTEL_EXPORTER_PROMETHEUS_PORT: String(other.port) };
  const { status, stderr } = await run([process.execPath, serverMain, "--address", "127.0.0.1:0"], {
    env: { ...prometheus, ...host },
  });
  assert.equal(status, 1);
  assert.match(
    stderr,
    /^hello-server: cannot serve metrics to Prometheus: .*EADDRINUSE.*OTEL_EXPORTER_PROMETHEUS_PORT.*\n$/,
  );
});
