import type { Server } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { CallEnvironment } from "./call-environment.js";
import { passBaseCalls, setHandler } from "./handler-map.js";
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
  // The types of the server's options ensure that `authorize` returns the context that the services need.
  for (const method of methods as readonly BoundMethod[]) {
    const { path, requestDeserialize, requestStream, responseStream } = method.definition;
    const limiter = requestStream || responseStream ? limiters.streaming : limiters.unary;
    setHandler(server, {
      path,
      func: (call) => new RunningCall(call, method, environment, limiter).start(),
      serialize: createLoggingSerializer(method, environment.logger),
      deserialize: requestDeserialize,
    });
  }
}

/** Wraps the response serializer of a method to log its errors, which grpc-js answers with INTERNAL without logging. */
function createLoggingSerializer({ definition: { path, responseSerialize } }: BoundMethod, logger: Logger) {
  return (response: unknown): Buffer => {
    try {
      return responseSerialize(response);
    } catch (error) {
      logger.error({ method: path, err: error }, "failed to serialize the response");
      throw error;
    }
  };
}
