import { after, beforeEach } from "node:test";
import { metrics, NodeSDK, tracing } from "@opentelemetry/sdk-node";

/** What was measured under the same attributes. */
export interface Measured {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** How often. */
  readonly count: number;
  /** How much in all; of a counter, its value. */
  readonly sum: number;
  /** Those between the buckets of a histogram. */
  readonly boundaries: readonly number[];
}

/** What the SDK of OpenTelemetry was told since a test began. */
export interface InMemoryTelemetry {
  /** The spans that have ended, in that order. */
  spans(): tracing.ReadableSpan[];
  /** What was measured, by the names of the instruments. */
  measured(): Promise<Readonly<Record<string, readonly Measured[]>>>;
}

/** Starts the SDK of OpenTelemetry, in memory, until the tests of a file are over. */
export function startInMemoryTelemetry(): InMemoryTelemetry {
  const spans = new tracing.InMemorySpanExporter();
  const exporter = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.DELTA);
  const reader = new metrics.PeriodicExportingMetricReader({ exporter, exportIntervalMillis: 3_600_000 });
  const sdk = new NodeSDK({
    autoDetectResources: false,
    spanProcessors: [new tracing.SimpleSpanProcessor(spans)],
    metricReaders: [reader],
    logRecordProcessors: [],
    instrumentations: [],
  });
  sdk.start();
  after(() => sdk.shutdown());
  beforeEach(async () => {
    await reader.forceFlush();
    spans.reset();
    exporter.reset();
  });
  return {
    spans: () => spans.getFinishedSpans(),
    async measured() {
      await reader.forceFlush();
      const measured: Record<string, Measured[]> = {};
      for (const { scopeMetrics } of exporter.getMetrics()) {
        for (const { descriptor, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
          const points = dataPoints.map(({ attributes, value }) => ({ attributes, ...amount(value) }));
          measured[descriptor.name] = [...(measured[descriptor.name] ?? []), ...points];
        }
      }
      return measured;
    },
  };
}

type Value = metrics.DataPoint<number | metrics.Histogram | metrics.ExponentialHistogram>["value"];

function amount(value: Value): Omit<Measured, "attributes"> {
  if (typeof value === "number") {
    return { count: value, sum: value, boundaries: [] };
  }
  const { count, sum = 0 } = value;
  return { count, sum, boundaries: "buckets" in value ? value.buckets.boundaries : [] };
}
