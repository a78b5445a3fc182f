import { after, beforeEach } from "node:test";
import { metrics, NodeSDK, tracing } from "@opentelemetry/sdk-node";

/** Data point of an instrument. */
export interface Measurement {
  readonly attributes: Readonly<Record<string, unknown>>;
  /** Number of recorded values. For a counter, its value. */
  readonly count: number;
  /** Sum of the recorded values. For a counter, its value. */
  readonly sum: number;
  /** Boundaries of the buckets of a histogram. */
  readonly boundaries: readonly number[];
}

/** Telemetry recorded since the start of the current test. */
export interface InMemoryTelemetry {
  /** Returns the ended spans, in the order in which they ended. */
  spans(): tracing.ReadableSpan[];
  /** Returns the data points by instrument. */
  measurements(): Promise<Readonly<Record<string, readonly Measurement[]>>>;
}

/** Starts an OpenTelemetry SDK that exports to memory, until all tests of the file have run. */
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
    async measurements() {
      await reader.forceFlush();
      const measurements: Record<string, Measurement[]> = {};
      for (const { scopeMetrics } of exporter.getMetrics()) {
        for (const { descriptor, dataPoints } of scopeMetrics.flatMap(({ metrics }) => metrics)) {
          const points = dataPoints.map(({ attributes, value }) => ({ attributes, ...summarize(value) }));
          measurements[descriptor.name] = [...(measurements[descriptor.name] ?? []), ...points];
        }
      }
      return measurements;
    },
  };
}

type Value = metrics.DataPoint<number | metrics.Histogram | metrics.ExponentialHistogram>["value"];

function summarize(value: Value): Omit<Measurement, "attributes"> {
  if (typeof value === "number") {
    return { count: value, sum: value, boundaries: [] };
  }
  const { count, sum = 0 } = value;
  return { count, sum, boundaries: "buckets" in value ? value.buckets.boundaries : [] };
}
