import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { instrumentationScope, type MeterProvider, type OpenTelemetry, openTelemetry } from "@hello/grpc-common";
import { type CallLabels, type CallMetrics, createCallMetrics } from "./call-metrics.js";
import { startCallSpan } from "./call-span.js";

/** Metrics and span of a call. */
export interface ObservedCall {
  /** Adds the trace context to the metadata of the call. */
  propagate(metadata: Metadata): Metadata;
  /** Records the start of an attempt. */
  attemptStarted(): void;
  /** Records the end of the call and of its last attempt. grpc-js does not report the end of earlier attempts. */
  end(status: Pick<StatusObject, "code" | "details">, attempts: number, sizes: MessageSizes): void;
}

/** Total size of the messages of a call in each direction. */
export interface MessageSizes {
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

const metricsByProvider = new WeakMap<MeterProvider, CallMetrics>();

/** Starts observing a call if an OpenTelemetry SDK is registered. Errors of the SDK never fail the call. */
export function observeCall(path: string, target: string): ObservedCall | undefined {
  const telemetry = openTelemetry();
  return telemetry && ignoreErrors(() => observe(telemetry, path, target));
}

function ignoreErrors<Result>(action: () => Result): Result | undefined {
  try {
    return action();
  } catch {
    // An error in a sampler, processor, propagator or instrument of the program must not fail the call.
    return undefined;
  }
}

function observe(telemetry: OpenTelemetry, path: string, target: string): ObservedCall {
  const metrics = telemetry.metrics && getMetrics(telemetry.metrics);
  const span =
    telemetry.trace && startCallSpan(telemetry, telemetry.trace.getTracer(instrumentationScope), path, target);
  const labels: CallLabels = { "grpc.method": path.slice(1), "grpc.target": target };
  const startedAt = performance.now();
  const attemptStarts: number[] = [];
  const attemptStarted = () => {
    attemptStarts.push(performance.now());
    ignoreErrors(() => metrics?.attemptStarted(labels));
  };
  return {
    propagate(metadata) {
      if (span === undefined) {
        return metadata;
      }
      const copy = metadata.clone();
      ignoreErrors(() => span.inject(copy));
      return copy;
    },
    attemptStarted,
    end({ code, details }, attempts, { sentBytes, receivedBytes }) {
      // grpc-js does not report the start of an attempt that found no connection.
      const lastStart = attemptStarts.length < attempts ? startedAt : (attemptStarts[attempts - 1] ?? startedAt);
      while (attemptStarts.length < attempts) {
        attemptStarted();
      }
      const now = performance.now();
      const name = status[code] ?? "UNKNOWN";
      ignoreErrors(() => {
        metrics?.attemptEnded(labels, { status: name, durationMs: now - lastStart, sentBytes, receivedBytes });
        metrics?.callEnded(labels, { status: name, durationMs: now - startedAt });
      });
      ignoreErrors(() => span?.end(code, details));
    },
  };
}

function getMetrics(provider: MeterProvider): CallMetrics {
  let metrics = metricsByProvider.get(provider);
  if (metrics === undefined) {
    metrics = createCallMetrics(provider.getMeter(instrumentationScope));
    metricsByProvider.set(provider, metrics);
  }
  return metrics;
}
