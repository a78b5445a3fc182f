import { type ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { instrumentationScope, openTelemetry } from "@hello/grpc-common";
import type { Logger } from "pino";
import { isUnknownMethod } from "../calls/unknown-method.js";
import { peerOf } from "../sockets/transport.js";
import { createCallMetrics } from "./call-metrics.js";
import { startCallSpan } from "./call-span.js";
import { type CallEnd, measureCall } from "./measure-call.js";

/**
 * Creates the interceptor that measures, traces and logs the calls of a server. It must be the first interceptor.
 *
 * Metrics and spans go to the SDK that is registered with the OpenTelemetry API when this function is called. Calls are
 * logged at `debug` level. Returns no interceptor if there is neither an SDK nor a debug log, so that calls have no
 * overhead.
 */
export function observeCalls(logger: Logger): ServerInterceptor[] {
  const telemetry = openTelemetry();
  const metrics = telemetry?.metrics && createCallMetrics(telemetry.metrics.getMeter(instrumentationScope));
  const tracer = telemetry?.trace?.getTracer(instrumentationScope);
  const verbose = logger.isLevelEnabled("debug");
  if (!(metrics || tracer || verbose)) {
    return [];
  }
  return [
    (method, call) => {
      const { path } = method;
      // A client must not create a time series for each name that it invents.
      const name = isUnknownMethod(method) ? "other" : path.slice(1);
      const span = telemetry && tracer && startCallSpan(telemetry, tracer, call, { name, path });
      const log = verbose ? createCallLog(logger, path, peerOf(call.getConnectionInfo())) : noop;
      metrics?.callStarted(name);
      measureCall(call, (end) => {
        metrics?.callEnded(name, end);
        if (span) {
          span.end(end, () => log(end));
        } else {
          log(end);
        }
      });
      // The type is a class, but grpc-js needs only the interface.
      return span?.call ?? (call as ServerInterceptingCall);
    },
  ];
}

/** Creates a function that logs the end of a call. */
function createCallLog(logger: Logger, method: string, peer: string) {
  return ({ code, durationMs }: CallEnd) => {
    const rounded = Math.round(durationMs * 1_000) / 1_000;
    logger.debug({ method, peer, status: status[code], durationMs: rounded }, "call");
  };
}

function noop(): void {}
