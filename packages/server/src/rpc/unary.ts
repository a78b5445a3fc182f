import { type handleUnaryCall, type StatusObject, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { ServerCall } from "./server-call.js";
import { StatusError } from "./status-error.js";

/**
 * Answers a unary RPC with what it returns or resolves with. What it throws or rejects with goes out as its status if
 * it is a {@link StatusError}, and otherwise as INTERNAL with a fixed text, so that no secret leaks.
 */
export type UnaryHandler<Request, Response> = (request: Request, call: ServerCall) => Response | PromiseLike<Response>;

/** Makes of a handler one that grpc-js can call and that cannot bring the process down. */
export function unary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  logger: Logger,
): handleUnaryCall<Request, Response> {
  return async (grpcCall, callback) => {
    const call = new ServerCall(grpcCall);
    let response: Response;
    try {
      response = await handler(grpcCall.request, call);
    } catch (error) {
      call.end();
      callback(toStatus(error, call, logger));
      return;
    }
    call.end();
    callback(null, response);
  };
}

function toStatus(error: unknown, call: ServerCall, logger: Logger): Partial<StatusObject> {
  if (error instanceof StatusError) {
    const { code, details, metadata } = error;
    return metadata === undefined ? { code, details } : { code, details, metadata };
  }
  logger.error({ method: call.path, err: error }, "handler failed");
  return { code: status.INTERNAL, details: "internal error" };
}
