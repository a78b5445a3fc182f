import type { Server } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { createSafeHandler, type HandlerContext } from "./safe-handler.js";
import type { BoundMethod, BoundService } from "./servicer.js";

/** Adds a service to a server. */
export function addService(server: Server, { methods }: BoundService, context: HandlerContext): void {
  for (const method of methods) {
    const { path, requestDeserialize } = method.definition;
    const serialize = logFailure(method, context.logger);
    server.register(path, createSafeHandler(method, context), serialize, requestDeserialize, handlerType(method));
  }
}

function handlerType({ definition: { requestStream, responseStream } }: BoundMethod): string {
  if (responseStream) {
    return requestStream ? "bidi" : "serverStream";
  }
  return requestStream ? "clientStream" : "unary";
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
