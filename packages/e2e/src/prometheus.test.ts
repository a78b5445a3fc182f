import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { listen } from "@hello/testing/peer";
import { run } from "@hello/testing/program";
import { greetWorld } from "./greet-world.js";
import { frame, rawCall } from "./raw-call.js";
import { type ServerProcess, serverMain, startServerWith } from "./server-process.js";

const prometheus = { OTEL_METRICS_EXPORTER: "prometheus", OTEL_EXPORTER_PROMETHEUS_PORT: "0" };

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
  await greetWorld(server);
  await greetWorld(server);
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
    await greetWorld(server);
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

test("a Prometheus port in use is one line and status 1", async () => {
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
