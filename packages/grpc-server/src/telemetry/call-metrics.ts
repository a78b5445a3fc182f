import { status } from "@grpc/grpc-js";
import { type Attributes, latencyBuckets, type Meter, sizeBuckets } from "@hello/grpc-common";
import type { CallEnd } from "./measure-call.js";

/** Server metrics of gRFC A66. */
export interface CallMetrics {
  /** @param method Full name, like `package.Service/Method`, or `other` for an unknown method. */
  callStarted(method: string): void;
  callEnded(method: string, end: CallEnd): void;
}

/**
 * Creates the instruments of a server.
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
    advice: { explicitBucketBoundaries: latencyBuckets },
  });
  const bytes = { unit: "By", advice: { explicitBucketBoundaries: sizeBuckets } };
  const sent = meter.createHistogram("grpc.server.call.sent_total_compressed_message_size", {
    ...bytes,
    description: "Compressed bytes of all response messages of an RPC",
  });
  const received = meter.createHistogram("grpc.server.call.rcvd_total_compressed_message_size", {
    ...bytes,
    description: "Compressed bytes of all request messages of an RPC",
  });
  return {
    callStarted(method) {
      started.add(1, { "grpc.method": method });
    },
    callEnded(method, { code, durationMs, sentBytes, receivedBytes }) {
      const attributes: Attributes = { "grpc.method": method, "grpc.status": status[code] ?? "UNKNOWN" };
      duration.record(durationMs / 1_000, attributes);
      sent.record(sentBytes, attributes);
      received.record(receivedBytes, attributes);
    },
  };
}
