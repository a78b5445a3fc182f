import assert from "node:assert/strict";
import { test } from "node:test";
import { checkEndpoints } from "./check-endpoints.js";

const valid: NodeJS.ProcessEnv[] = [
  {},
  { OTEL_EXPORTER_OTLP_ENDPOINT: "" },
  { OTEL_EXPORTER_OTLP_ENDPOINT: " https://collector.example/prefix " },
  { OTEL_EXPORTER_OTLP_ENDPOINT: "collector:4317", OTEL_EXPORTER_OTLP_PROTOCOL: "grpc" },
  { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "collector:4317", OTEL_EXPORTER_OTLP_TRACES_PROTOCOL: "grpc" },
];
for (const env of valid) {
  test(`accepts ${JSON.stringify(env)}`, () => checkEndpoints(env));
}

const invalid: Record<string, NodeJS.ProcessEnv> = {
  OTEL_EXPORTER_OTLP_ENDPOINT: { OTEL_EXPORTER_OTLP_ENDPOINT: "localhost:4318" },
  OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: { OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://" },
  OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: {
    OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://collector:port",
    OTEL_EXPORTER_OTLP_PROTOCOL: "grpc",
  },
  OTEL_EXPORTER_ZIPKIN_ENDPOINT: { OTEL_EXPORTER_ZIPKIN_ENDPOINT: "zipkin" },
};
for (const [variable, env] of Object.entries(invalid)) {
  test(`rejects an invalid URL in ${variable}`, () => {
    assert.throws(() => checkEndpoints(env), new RegExp(`^Error: ${variable}: invalid URL "${env[variable]}"`));
  });
}
