import { status } from "@grpc/grpc-js";
import type { Attributes, Meter } from "@opentelemetry/api";
import type { CallEnd } from "./observed-call.js";

/** The server metrics of gRFC A66. */
export interface CallMetrics {
  /** @param method Its full name, like `package.Service/Method`, or `other` for one that is not registered. */
  started(method: string): void;
  ended(method: string, end: CallEnd): void;
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
  const started = meter.createCounter("grpc.server.call.started", {
    description: "RPCs started, including those that have not completed",
    unit: "{call}",
  });
  const duration = meter.createHistogram("grpc.server.call.duration", {
    description: "Time that an RPC takes from the server transport's perspective",
    unit: "s",
    advice: { explicitBucketBoundaries: secondBuckets },
  });
  const bytes = { unit: "By", advice: { explicitBucketBoundaries: byteBuckets } };
  const sent = meter.createHistogram("grpc.server.call.sent_total_compressed_message_size", {
    ...bytes,
    description: "Compressed bytes of all response messages of an RPC",
  });
  const received = meter.createHistogram("grpc.server.call.rcvd_total_compressed_message_size", {
    ...bytes,
    description: "Compressed bytes of all request messages of an RPC",
  });
  return {
    started(method) {
      started.add(1, { "grpc.method": method });
    },
    ended(method, { code, durationMs, sentBytes, receivedBytes }) {
      const attributes: Attributes = { "grpc.method": method, "grpc.status": status[code] ?? "UNKNOWN" };
      duration.record(durationMs / 1_000, attributes);
      sent.record(sentBytes, attributes);
      received.record(receivedBytes, attributes);
    },
  };
}
