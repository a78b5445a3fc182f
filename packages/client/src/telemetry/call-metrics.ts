import type { Meter } from "@opentelemetry/api";

/** Which calls are counted together. */
export interface CallLabels {
  readonly "grpc.method": string;
  readonly "grpc.target": string;
}

/** How an attempt, or a call, ended. */
export interface End {
  readonly status: string;
  readonly durationMs: number;
}

/** The client metrics of gRFC A66. */
export interface CallMetrics {
  attemptStarted(labels: CallLabels): void;
  attemptEnded(labels: CallLabels, end: End & { readonly sentBytes: number; readonly receivedBytes: number }): void;
  callEnded(labels: CallLabels, end: End): void;
}

const secondBuckets = [
  0, 0.000_01, 0.000_05, 0.000_1, 0.000_3, 0.000_6, 0.000_8, 0.001, 0.002, 0.003, 0.004, 0.005, 0.006, 0.008, 0.01,
  0.013, 0.016, 0.02, 0.025, 0.03, 0.04, 0.05, 0.065, 0.08, 0.1, 0.13, 0.16, 0.2, 0.25, 0.3, 0.4, 0.5, 0.65, 0.8, 1, 2,
  5, 10, 20, 50, 100,
];

const byteBuckets = [0, ...[10, 11, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30, 32].map((exponent) => 2 ** exponent)];

/**
 * Makes the instruments.
 *
 * @see https://github.com/grpc/proposal/blob/master/A66-otel-stats.md
 */
export function createCallMetrics(meter: Meter): CallMetrics {
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: secondBuckets } };
  const bytes = { unit: "By", advice: { explicitBucketBoundaries: byteBuckets } };
  const started = meter.createCounter("grpc.client.attempt.started", {
    description: "RPC attempts started, including those that have not completed",
    unit: "{attempt}",
  });
  const attemptDuration = meter.createHistogram("grpc.client.attempt.duration", {
    ...seconds,
    description: "Time that an RPC attempt takes, including the time to pick a connection",
  });
  const sent = meter.createHistogram("grpc.client.attempt.sent_total_compressed_message_size", {
    ...bytes,
    description: "Compressed bytes of all request messages of an RPC attempt",
  });
  const received = meter.createHistogram("grpc.client.attempt.rcvd_total_compressed_message_size", {
    ...bytes,
    description: "Compressed bytes of all response messages of an RPC attempt",
  });
  const callDuration = meter.createHistogram("grpc.client.call.duration", {
    ...seconds,
    description: "Time that an RPC takes from the application's perspective, retries included",
  });
  return {
    attemptStarted(labels) {
      started.add(1, { ...labels });
    },
    attemptEnded(labels, { status, durationMs, sentBytes, receivedBytes }) {
      const attributes = { ...labels, "grpc.status": status };
      attemptDuration.record(durationMs / 1_000, attributes);
      sent.record(sentBytes, attributes);
      received.record(receivedBytes, attributes);
    },
    callEnded(labels, { status, durationMs }) {
      callDuration.record(durationMs / 1_000, { ...labels, "grpc.status": status });
    },
  };
}
