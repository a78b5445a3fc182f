import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import {
  type Attributes,
  type Context,
  type OpenTelemetry,
  rootContext,
  type Span,
  setSpan,
  spanError,
  spanKind,
  type TextMapGetter,
  type Tracer,
} from "@hello/grpc-common";
import type { CallEnd } from "./observed-call.js";

/** Call with a span. */
export interface TracedCall {
  /** Call to use instead of the original. Its handler runs with the span active. */
  readonly call: ServerInterceptingCall;
  /** Runs `log` with the span active, and then ends the span. */
  end(end: CallEnd, log: () => void): void;
}

/** Function that starts the span of a call. The path has the form `/package.Service/Method`. */
export type CallTracer = (
  call: ServerInterceptingCallInterface,
  method: { readonly name: string; readonly path: string },
) => TracedCall;

/** Statuses that indicate a fault of the server. Only these mark its span as an error. */
const serverFaults: readonly status[] = [
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
 * Creates a tracer for server spans, which takes their parents from the metadata of the clients.
 *
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function createCallTracer(telemetry: OpenTelemetry, tracer: Tracer): CallTracer {
  const runWith = (context: Context, run: () => void) =>
    telemetry.context ? telemetry.context.with(context, run) : run();
  return (call, { name, path }) => {
    let span: Span | undefined;
    let active = rootContext;
    const traced = new ServerInterceptingCall(call, {
      start(next) {
        next({
          onReceiveMetadata(metadata, next) {
            const parent = telemetry.propagation?.extract(rootContext, metadata, getter) ?? rootContext;
            span = tracer.startSpan(name, { kind: spanKind.server, attributes: attributesOf(call, path) }, parent);
            active = setSpan(parent, span);
            runWith(active, () => next(metadata));
          },
          onReceiveMessage: (message, next) => runWith(active, () => next(message)),
          onReceiveHalfClose: (next) => runWith(active, next),
        });
      },
    });
    return {
      call: traced,
      end({ code }, log) {
        runWith(active, log);
        span?.setAttribute("rpc.grpc.status_code", code);
        if (serverFaults.includes(code)) {
          span?.setStatus({ code: spanError });
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
