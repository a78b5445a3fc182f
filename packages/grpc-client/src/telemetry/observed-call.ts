import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { type MeterProvider, type OpenTelemetry, openTelemetry } from "@hello/grpc-common";
import { type CallLabels, type CallMetrics, createCallMetrics } from "./call-metrics.js";
import { startCallSpan } from "./call-span.js";

/** Metrics and span of a call. */
export interface ObservedCall {
  /** Adds the trace context to the metadata of the call. */
  propagate(metadata: Metadata): Metadata;
  /** Records the start of an attempt. */
  attemptStarted(): void;
  /** Records the end of the call, and of its last attempt: grpc-js does not report how earlier attempts end. */
  end(status: Pick<StatusObject, "code" | "details">, attempts: number, sizes: MessageSizes): void;
}

/** Total sizes of the messages of a call. */
export interface MessageSizes {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** Instrumented library; gRFC A66 uses it as the name of the meter. */
const scope = "grpc-js";

const metricsOf = new WeakMap<MeterProvider, CallMetrics>();

/** Starts observing a call if an OpenTelemetry SDK is registered. The SDK never fails the call. */
export function observeCall(path: string, target: string): ObservedCall | undefined {
  const telemetry = openTelemetry();
  return telemetry && attempt(() => observe(telemetry, path, target));
}

function attempt<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    // A sampler, processor, propagator or instrument of the program has failed, and the call does not depend on it.
    return undefined;
  }
}

function observe(telemetry: OpenTelemetry, path: string, target: string): ObservedCall {
  const metrics = telemetry.metrics && metricsFor(telemetry.metrics);
  const span = telemetry.trace && startCallSpan(telemetry, telemetry.trace.getTracer(scope), path, target);
  const labels: CallLabels = { "grpc.method": path.slice(1), "grpc.target": target };
  const startedAt = performance.now();
  const attemptStarts: number[] = [];
  const attemptStarted = () => {
    attemptStarts.push(performance.now());
    attempt(() => metrics?.attemptStarted(labels));
  };
  return {
    propagate(metadata) {
      if (span === undefined) {
        return metadata;
      }
      const own = metadata.clone();
      attempt(() => span.inject(own));
      return own;
    },
    attemptStarted,
    end({ code, details }, attempts, { sentBytes, receivedBytes }) {
      // The start of an attempt that found no connection was not reported.
      const lastStart = attemptStarts.length < attempts ? startedAt : (attemptStarts[attempts - 1] ?? startedAt);
      while (attemptStarts.length < attempts) {
        attemptStarted();
      }
      const now = performance.now();
      const name = status[code] ?? "UNKNOWN";
      attempt(() => {
        metrics?.attemptEnded(labels, { status: name, durationMs: now - lastStart, sentBytes, receivedBytes });
        metrics?.callEnded(labels, { status: name, durationMs: now - startedAt });
      });
      attempt(() => span?.end(code, details));
    },
  };
}

function metricsFor(provider: MeterProvider): CallMetrics {
  let metrics = metricsOf.get(provider);
  if (metrics === undefined) {
    metrics = createCallMetrics(provider.getMeter(scope));
    metricsOf.set(provider, metrics);
  }
  return metrics;
}
