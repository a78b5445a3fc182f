import { type Server, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { BaseCall } from "./base-call.js";
import type { CallEnvironment } from "./call-environment.js";
import { RunningCall, type RunningCalls } from "./running-call.js";
import type { BoundMethod, BoundService } from "./servicer.js";

/** Limiters of the calls of a service. */
export interface ServiceLimiters {
  readonly unary: RunningCalls;
  /** Limiter of the calls with a stream of requests, responses, or both. */
  readonly streaming: RunningCalls;
}

/** Adds a service to a server. */
export function addService(
  server: Server,
  { methods }: BoundService<never>,
  environment: CallEnvironment,
  limiters: ServiceLimiters,
): void {
  runWith(server, environment.logger);
  // Not server.register(), which OpenTelemetry's instrumentation replaces: its wrapper calls no handler of this kind.
  const handlers = Reflect.get(server, "handlers") as Map<string, object>;
  // The types of the server's options match the contexts of its services with the result of `authorize`.
  for (const method of methods as readonly BoundMethod[]) {
    const { path, requestDeserialize, requestStream, responseStream } = method.definition;
    const limiter = requestStream || responseStream ? limiters.streaming : limiters.unary;
    handlers.set(path, {
      path,
      func: (call: BaseCall) => new RunningCall(call, method, environment, limiter).start(),
      serialize: logFailure(method, environment.logger),
      deserialize: requestDeserialize,
    });
  }
}

/** Entry of grpc-js's map of handlers. */
export interface Handler {
  readonly path: string;
  readonly func: (call: BaseCall) => void;
}

/**
 * Lets grpc-js pass its call itself to the handlers of a server. The streams that it passes instead, one type for each of
 * the four kinds, hold up to 16 messages in each direction.
 */
function runWith(server: Server, logger: Logger): void {
  Object.assign(server, {
    _runHandlerForCall(call: BaseCall, { path, func }: Handler): true {
      try {
        func(call);
      } catch (error) {
        // An interceptor, for instance.
        logger.error({ method: path, err: error }, "call cannot be started");
        call.sendStatus({ code: status.INTERNAL, details: "internal error", metadata: null });
      }
      return true;
    },
  });
}

/** Logs a response that cannot be serialized. grpc-js answers it with INTERNAL and says nothing. */
function logFailure({ definition: { path, responseSerialize } }: BoundMethod, logger: Logger) {
  return (response: unknown): Buffer => {
    try {
      return responseSerialize(response);
    } catch (error) {
      logger.error({ method: path, err: error }, "response cannot be serialized");
      throw error;
    }
  };
}
