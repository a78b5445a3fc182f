import { type ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { isUnknownMethod } from "../rpc/unknown-method.js";
import { createCallMetrics } from "./call-metrics.js";
import { createCallTracer } from "./call-tracer.js";
import { type CallEnd, observeCall } from "./observed-call.js";
import { openTelemetry } from "./open-telemetry.js";

/** The library that is measured, which gRFC A66 wants for the name of its meter. */
const scope = "grpc-js";

/**
 * The interceptor that measures, traces and logs the calls of a server, to stand before all others.
 *
 * Metrics and spans go to the SDK that is registered with the OpenTelemetry API when this is called; lines go to the
 * log if its level is `debug`. Where there is neither, there is no interceptor, and a call costs nothing.
 */
export function observeCalls(logger: Logger): ServerInterceptor[] {
  const telemetry = openTelemetry();
  const metrics = telemetry?.metrics ? createCallMetrics(telemetry.api.metrics.getMeter(scope)) : undefined;
  const tracer = telemetry?.traces ? createCallTracer(telemetry.api, scope) : undefined;
  const verbose = logger.isLevelEnabled("debug");
  if (!(metrics || tracer || verbose)) {
    return [];
  }
  return [
    (method, call) => {
      const { path } = method;
      // A name that anyone may invent must not become a new time series.
      const name = isUnknownMethod(method) ? "other" : path.slice(1);
      const traced = tracer?.(call, { name, path });
      const log = verbose ? callLog(logger, path, call.getPeer()) : nothing;
      metrics?.started(name);
      observeCall(call, (end) => {
        metrics?.ended(name, end);
        if (traced) {
          traced.end(end, () => log(end));
        } else {
          log(end);
        }
      });
      // Its type is a class, but grpc-js asks for the interface alone.
      return traced?.call ?? (call as ServerInterceptingCall);
    },
  ];
}

/** The peer is read early: it is unknown once the connection is gone. */
function callLog(logger: Logger, method: string, peer: string) {
  return ({ code, durationMs }: CallEnd) => {
    const rounded = Math.round(durationMs * 1_000) / 1_000;
    logger.debug({ method, peer, status: status[code], durationMs: rounded }, "call");
  };
}

function nothing(): void {}
