import assert from "node:assert/strict";
import { test } from "node:test";
import { readRequestedSignals } from "./requested-signals.js";

const nothing = { traces: false, metrics: false };
const both = { traces: true, metrics: true };

const cases: readonly [NodeJS.ProcessEnv, ReturnType<typeof readRequestedSignals>][] = [
  [{}, nothing],
  [{ OTEL_SERVICE_NAME: "greeter", OTEL_RESOURCE_ATTRIBUTES: "a=b", OTEL_LOG_LEVEL: "debug" }, nothing],
  [{ OTEL_TRACES_EXPORTER: "otlp" }, { traces: true, metrics: false }],
  [{ OTEL_METRICS_EXPORTER: "prometheus" }, { traces: false, metrics: true }],
  [{ OTEL_TRACES_EXPORTER: "none", OTEL_METRICS_EXPORTER: " none " }, nothing],
  [{ OTEL_TRACES_EXPORTER: "", OTEL_EXPORTER_OTLP_ENDPOINT: "" }, nothing],
  [{ OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, both],
  [
    { OTEL_EXPORTER_OTLP_ENDPOINT: "http://c:4318", OTEL_TRACES_EXPORTER: "none" },
    { traces: false, metrics: true },
  ],
  [{ OTEL_EXPORTER_OTLP_TRACES_ENDPOINT: "http://collector:4318" }, { traces: true, metrics: false }],
  [{ OTEL_EXPORTER_OTLP_METRICS_ENDPOINT: "http://collector:4318" }, { traces: false, metrics: true }],
  [{ OTEL_SDK_DISABLED: "true", OTEL_TRACES_EXPORTER: "otlp", OTEL_METRICS_EXPORTER: "prometheus" }, nothing],
  [{ OTEL_SDK_DISABLED: "TRUE", OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, nothing],
  [{ OTEL_SDK_DISABLED: "false", OTEL_EXPORTER_OTLP_ENDPOINT: "http://collector:4318" }, both],
];

for (const [env, signals] of cases) {
  const requested = Object.keys(signals).filter((signal) => signals[signal as keyof typeof signals]);
  test(`requests ${requested.join(" and ") || "nothing"} for ${JSON.stringify(env)}`, () => {
    assert.deepEqual(readRequestedSignals(env), signals);
  });
}
