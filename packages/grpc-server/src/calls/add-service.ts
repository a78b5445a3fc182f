import { type Server, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { BaseCall } from "../http2/base-call.js";
import type { CallEnvironment } from "./call-environment.js";
import { RunningCall, type RunningCallLimiter } from "./running-call.js";
import type { BoundMethod, BoundService } from "./servicer.js";

/** Call limiters of a service. */
export interface ServiceLimiters {
  readonly unary: RunningCallLimiter;
  /** Limiter for calls that stream requests, responses or both. */
  readonly streaming: RunningCallLimiter;
}

/** Adds a service to a server. */
export function addService(
  server: Server,
  { methods }: BoundService<never>,
  environment: CallEnvironment,
  limiters: ServiceLimiters,
): void {
  passBaseCalls(server, environment.logger);
  // Not server.register(): OpenTelemetry's instrumentation wraps it, and its wrapper never calls this kind of handler.
  const handlers = Reflect.get(server, "handlers") as Map<string, object>;
  // The types of the server's options ensure that `authorize` returns the context that the services need.
  for (const method of methods as readonly BoundMethod[]) {
    const { path, requestDeserialize, requestStream, responseStream } = method.definition;
    const limiter = requestStream || responseStream ? limiters.streaming : limiters.unary;
    handlers.set(path, {
      path,
      func: (call: BaseCall) => new RunningCall(call, method, environment, limiter).start(),
      serialize: loggingSerializer(method, environment.logger),
      deserialize: requestDeserialize,
    });
  }
}

/** Entry in the handler map of grpc-js. */
export interface Handler {
  readonly path: string;
  readonly func: (call: BaseCall) => void;
}

/**
 * Makes grpc-js pass its own call object to the handlers of a server. By default it passes a stream, of a different
 * type for each of the four kinds of method, which buffers up to 16 messages in each direction.
 */
function passBaseCalls(server: Server, logger: Logger): void {
  Object.assign(server, {
    _runHandlerForCall(call: BaseCall, { path, func }: Handler): true {
      try {
        func(call);
      } catch (error) {
        // For example, an interceptor has thrown.
        logger.error({ method: path, err: error }, "failed to start the call");
        call.sendStatus({ code: status.INTERNAL, details: "internal error", metadata: null });
      }
      return true;
    },
  });
}

/** Wraps the response serializer of a method to log its errors, which grpc-js answers with INTERNAL without logging. */
function loggingSerializer({ definition: { path, responseSerialize } }: BoundMethod, logger: Logger) {
  return (response: unknown): Buffer => {
    try {
      return responseSerialize(response);
    } catch (error) {
      logger.error({ method: path, err: error }, "failed to serialize the response");
      throw error;
    }
  };
}
