import { type Metadata, ServerInterceptingCall, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import {
  type Attributes,
  type OpenTelemetry,
  rootContext,
  rpcAttributesOf,
  type Span,
  setSpan,
  spanError,
  spanKind,
  type TextMapGetter,
  type Tracer,
} from "@hello/grpc-common";
import type { CallEnd } from "./measure-call.js";

/** Span of a call. */
export interface CallSpan {
  /** Call to use instead of the original. Its handler runs with the span active. */
  readonly call: ServerInterceptingCall;
  /** Runs `log` with the span active, and then ends the span. */
  end(end: CallEnd, log: () => void): void;
}

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
 * Starts the span of a call, whose parent is in the metadata of the client.
 *
 * @param method Name of the span, and path in the form `/package.Service/Method`.
 * @see https://opentelemetry.io/docs/specs/semconv/rpc/grpc/
 */
export function startCallSpan(
  { context, propagation }: OpenTelemetry,
  tracer: Tracer,
  call: ServerInterceptingCallInterface,
  { name, path }: { readonly name: string; readonly path: string },
): CallSpan {
  let span: Span | undefined;
  let active = rootContext;
  const runActive = (run: () => void) => (context ? context.with(active, run) : run());
  const traced = new ServerInterceptingCall(call, {
    start(next) {
      next({
        onReceiveMetadata(metadata, next) {
          const parent = propagation?.extract(rootContext, metadata, getter) ?? rootContext;
          span = tracer.startSpan(name, { kind: spanKind.server, attributes: attributesOf(call, path) }, parent);
          active = setSpan(parent, span);
          runActive(() => next(metadata));
        },
        onReceiveMessage: (message, next) => runActive(() => next(message)),
        onReceiveHalfClose: (next) => runActive(next),
      });
    },
  });
  return {
    call: traced,
    end({ code }, log) {
      runActive(log);
      span?.setAttribute("rpc.grpc.status_code", code);
      if (serverFaults.includes(code)) {
        span?.setStatus({ code: spanError });
      }
      span?.end();
    },
  };
}

function attributesOf(call: ServerInterceptingCallInterface, path: string): Attributes {
  const { remoteAddress, remotePort } = call.getConnectionInfo();
  return {
    ...rpcAttributesOf(path),
    ...(remoteAddress !== undefined && { "network.peer.address": remoteAddress }),
    ...(remotePort !== undefined && { "network.peer.port": remotePort }),
  };
}
