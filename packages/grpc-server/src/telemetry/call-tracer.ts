import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import type { OpenTelemetry } from "@hello/grpc-common";
import type { Attributes, Span, TextMapGetter } from "@opentelemetry/api";
import type { CallEnd } from "./observed-call.js";

/** Call that has a span. */
export interface TracedCall {
  /** Call to use in place of the original: its handler runs with the span active. */
  readonly call: ServerInterceptingCall;
  /** Ends the span, after running `log` with it active. */
  end(end: CallEnd, log: () => void): void;
}

/** Gives a call a span. The path is like `/package.Service/Method`. */
export type CallTracer = (
  call: ServerInterceptingCallInterface,
  method: { readonly name: string; readonly path: string },
) => TracedCall;

/** Statuses that are a fault of the server. Only these mark its span as an error. */
const faults: readonly status[] = [
  status.UNKNOWN,
  status.DEADLINE_EXCEEDED,
  status.UNIMPLEMENTED,
  status.INTERNAL,
  status.UNAVAILABLE,
  status.DATA_LOSS,
];

const getter: TextMapGetter<Metadata> = {
  keys: (metadata) => Object.keys(metadata.getMap()),
  get(metadata, key) {
    const values = metadata.get(key).map(String);
    return values.length > 1 ? values : values[0];
  },
};

/**
 * Creates server spans, whose parents come from the clients' metadata.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function createCallTracer(api: OpenTelemetry["api"], scope: string): CallTracer {
  const { context, propagation, trace, ROOT_CONTEXT, SpanKind, SpanStatusCode } = api;
  const tracer = trace.getTracer(scope);
  return (call, { name, path }) => {
    let span: Span | undefined;
    let active = ROOT_CONTEXT;
    const traced = new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, next) {
            const parent = propagation.extract(ROOT_CONTEXT, metadata, getter);
            span = tracer.startSpan(name, { kind: SpanKind.SERVER, attributes: attributesOf(call, path) }, parent);
            active = trace.setSpan(parent, span);
            context.with(active, next, undefined, metadata);
          },
          onReceiveMessage: (message, next) => context.with(active, next, undefined, message),
          onReceiveHalfClose: (next) => context.with(active, next),
        });
      },
    });
    return {
      call: traced,
      end({ code }, log) {
        context.with(active, log);
        span?.setAttribute("rpc.grpc.status_code", code);
        if (faults.includes(code)) {
          span?.setStatus({ code: SpanStatusCode.ERROR });
        }
        span?.end();
      },
    };
  };
}

function attributesOf(call: ServerInterceptingCallInterface, path: string): Attributes {
  const separator = path.lastIndexOf("/");
  const { remoteAddress, remotePort } = call.getConnectionInfo();
  return {
    "rpc.system": "grpc",
    "rpc.service": path.slice(1, separator),
    "rpc.method": path.slice(separator + 1),
    ...(remoteAddress !== undefined && { "network.peer.address": remoteAddress }),
    ...(remotePort !== undefined && { "network.peer.port": remotePort }),
  };
}
