import { latencyBuckets, type Meter, sizeBuckets } from "@hello/grpc-common";

/** Attributes of the call metrics. */
export interface CallLabels {
  readonly "grpc.method": string;
  readonly "grpc.target": string;
}

/** Result of an attempt or a call that has ended. */
export interface CallEnd {
  readonly status: string;
  readonly durationMs: number;
}

/** Client metrics of gRFC A66. */
export interface CallMetrics {
  attemptStarted(labels: CallLabels): void;
  attemptEnded(labels: CallLabels, end: CallEnd & { readonly sentBytes: number; readonly receivedBytes: number }): void;
  callEnded(labels: CallLabels, end: CallEnd): void;
}

/**
 * Creates the instruments of the call metrics.
 *
 * @see https://github.com/grpc/proposal/blob/master/A66-otel-stats.md
 */
export function createCallMetrics(meter: Meter): CallMetrics {
  const seconds = { unit: "s", advice: { explicitBucketBoundaries: latencyBuckets } };
  const bytes = { unit: "By", advice: { explicitBucketBoundaries: sizeBuckets } };
  const started = meter.createCounter("grpc.client.attempt.started", {
    description: "RPC attempts started, including those that have not completed",
    unit: "{attempt}",
  });
  const attemptDuration = meter.createHistogram("grpc.client.attempt.duration", {
    ...seconds,
    description: "Duration of an RPC attempt, including the time to pick a connection",
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
    description: "Duration of an RPC from the application's perspective, including retries",
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
