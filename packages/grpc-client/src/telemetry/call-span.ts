import type { Metadata } from "@grpc/grpc-js";
import type { OpenTelemetry } from "@hello/grpc-common";
import type { Span, TextMapSetter } from "@opentelemetry/api";

/** Span of a call. */
export interface CallSpan {
  /** Writes the trace context into metadata, with the registered propagator. */
  inject(metadata: Metadata): void;
  end(code: number, details: string): void;
}

const setter: TextMapSetter<Metadata> = { set: (metadata, name, value) => metadata.set(name, value) };

/**
 * Starts the span of a call as a child of the active span.
 *
 * @param path Method, like `/package.Service/Method`.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function startCallSpan(api: OpenTelemetry["api"], scope: string, path: string, target: string): CallSpan {
  const { context, propagation, SpanKind, SpanStatusCode, trace } = api;
  const separator = path.lastIndexOf("/");
  const parent = context.active();
  const attributes = {
    "rpc.system": "grpc",
    "rpc.service": path.slice(1, separator),
    "rpc.method": path.slice(separator + 1),
    "server.address": target,
  };
  const span: Span = trace.getTracer(scope).startSpan(path.slice(1), { kind: SpanKind.CLIENT, attributes }, parent);
  return {
    inject(metadata) {
      propagation.inject(trace.setSpan(parent, span), metadata, setter);
    },
    end(code, details) {
      span.setAttribute("rpc.grpc.status_code", code);
      if (code !== 0) {
        span.setStatus({ code: SpanStatusCode.ERROR, message: details });
      }
      span.end();
    },
  };
}
