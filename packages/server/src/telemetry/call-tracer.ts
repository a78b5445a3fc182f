import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import type { Attributes, Span, TextMapGetter } from "@opentelemetry/api";
import type { CallEnd } from "./observed-call.js";
import type { OpenTelemetry } from "./open-telemetry.js";

/** A call that has a span. */
export interface TracedCall {
  /** What takes the place of the call: its handler runs with the span active. */
  readonly call: ServerInterceptingCall;
  /** Ends the span, after running `log` with it active. */
  end(end: CallEnd, log: () => void): void;
}

/** Gives a call a span of this name; the path is like `/package.Service/Method`. */
export type CallTracer = (
  call: ServerInterceptingCallInterface,
  method: { readonly name: string; readonly path: string },
) => TracedCall;

/** Statuses that are a fault of the server; its span is in error for these alone. */
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
 * Makes server spans, whose parents are what the clients' metadata says.
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
