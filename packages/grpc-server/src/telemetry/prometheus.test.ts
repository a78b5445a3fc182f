import assert from "node:assert/strict";
import { test } from "node:test";
import { readPrometheusAddress } from "./prometheus.js";

test("defaults to localhost:9464, as OpenTelemetry specifies", () => {
  assert.deepEqual(readPrometheusAddress({}), { host: "localhost", port: 9464 });
});

test("reads the address from the variables, and ignores empty ones", () => {
  const env = { OTEL_EXPORTER_PROMETHEUS_HOST: "::", OTEL_EXPORTER_PROMETHEUS_PORT: "9000" };
  assert.deepEqual(readPrometheusAddress(env), { host: "::", port: 9000 });
  const empty = { OTEL_EXPORTER_PROMETHEUS_HOST: "", OTEL_EXPORTER_PROMETHEUS_PORT: "" };
  assert.deepEqual(readPrometheusAddress(empty), { host: "localhost", port: 9464 });
});

test("adds the number of the worker to the port, but not to port 0", () => {
  assert.equal(readPrometheusAddress({ OTEL_EXPORTER_PROMETHEUS_PORT: "9000" }, 3).port, 9003);
  assert.equal(readPrometheusAddress({ OTEL_EXPORTER_PROMETHEUS_PORT: "0" }, 3).port, 0);
});

for (const [port, worker] of [
  ["65536", 0],
  ["65535", 1],
  ["http", 0],
  ["-1", 0],
] as const) {
  test(`rejects port ${port} for worker ${worker}`, () => {
    const env = { OTEL_EXPORTER_PROMETHEUS_PORT: port };
    assert.throws(() => readPrometheusAddress(env, worker), /^Error: OTEL_EXPORTER_PROMETHEUS_PORT must be a port/);
  });
}
