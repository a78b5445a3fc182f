import type { Metadata } from "@grpc/grpc-js";
import {
  type OpenTelemetry,
  rootContext,
  rpcAttributesOf,
  setSpan,
  spanError,
  spanKind,
  type TextMapSetter,
  type Tracer,
} from "@hello/grpc-common";
import { setTelemetry } from "../metadata/metadata.js";

/** Span of a call. */
export interface CallSpan {
  /** Writes the trace context into metadata, with the registered propagator. */
  inject(metadata: Metadata): void;
  end(code: number, details: string): void;
}

const setter: TextMapSetter<Metadata> = { set: setTelemetry };

/**
 * Starts the span of a call as a child of the active span.
 *
 * @param path Method, like `/package.Service/Method`.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function startCallSpan(
  { context, propagation }: OpenTelemetry,
  tracer: Tracer,
  path: string,
  target: string,
): CallSpan {
  const parent = context?.active() ?? rootContext;
  const attributes = { ...rpcAttributesOf(path), "server.address": target };
  const span = tracer.startSpan(path.slice(1), { kind: spanKind.client, attributes }, parent);
  return {
    inject(metadata) {
      propagation?.inject(setSpan(parent, span), metadata, setter);
    },
    end(code, details) {
      span.setAttribute("rpc.grpc.status_code", code);
      if (code !== 0) {
        span.setStatus({ code: spanError, message: details });
      }
      span.end();
    },
  };
}
