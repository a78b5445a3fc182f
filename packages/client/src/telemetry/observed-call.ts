import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { type CallLabels, type CallMetrics, createCallMetrics } from "./call-metrics.js";
import { startCallSpan } from "./call-span.js";
import { type OpenTelemetry, openTelemetry } from "./open-telemetry.js";

/** A call that is measured and traced. */
export interface ObservedCall {
  /** What the call sends, with the trace context. */
  propagate(metadata: Metadata): Metadata;
  /** An attempt begins. */
  attemptStarted(): void;
  /**
   * grpc-js has ended the call, after so many attempts, of which it tells the outcome of the last alone; the others were
   * counted when they began.
   */
  attemptsEnded(status: Outcome, attempts: number, receivedBytes: number): void;
  /** The call has ended for whoever made it. */
  end(status: Outcome): void;
}

type Outcome = Pick<StatusObject, "code" | "details">;

/** The library that is measured, which gRFC A66 wants for the name of its meter. */
const scope = "grpc-js";

const metricsOf = new WeakMap<OpenTelemetry, CallMetrics>();

/** Begins to observe a call, if an OpenTelemetry SDK is registered. */
export function observeCall(path: string, target: string, sentBytes: number): ObservedCall | undefined {
  const telemetry = openTelemetry();
  return telemetry && observe(telemetry, path, target, sentBytes);
}

function observe(telemetry: OpenTelemetry, path: string, target: string, sentBytes: number): ObservedCall {
  const metrics = metricsFor(telemetry);
  const span = telemetry.traces ? startCallSpan(telemetry.api, scope, path, target) : undefined;
  const labels: CallLabels = { "grpc.method": path.slice(1), "grpc.target": target };
  const began = performance.now();
  let begins: number[] = [];
  const attemptStarted = () => {
    begins.push(performance.now());
    metrics?.attemptStarted(labels);
  };
  return {
    propagate(metadata) {
      if (span === undefined) {
        return metadata;
      }
      const own = metadata.clone();
      span.inject(own);
      return own;
    },
    attemptStarted,
    attemptsEnded({ code }, attempts, receivedBytes) {
      // An attempt that found no connection was not seen to begin.
      const unseen = begins.length < attempts ? began : undefined;
      while (begins.length < attempts) {
        attemptStarted();
      }
      const durationMs = performance.now() - (unseen ?? begins[attempts - 1] ?? began);
      metrics?.attemptEnded(labels, { status: nameOf(code), durationMs, sentBytes, receivedBytes });
      begins = [];
    },
    end({ code, details }) {
      metrics?.callEnded(labels, { status: nameOf(code), durationMs: performance.now() - began });
      span?.end(code, details);
    },
  };
}

function nameOf(code: number): string {
  return status[code] ?? "UNKNOWN";
}

function metricsFor(telemetry: OpenTelemetry): CallMetrics | undefined {
  if (!telemetry.metrics) {
    return undefined;
  }
  let metrics = metricsOf.get(telemetry);
  if (metrics === undefined) {
    metrics = createCallMetrics(telemetry.api.metrics.getMeter(scope));
    metricsOf.set(telemetry, metrics);
  }
  return metrics;
}
