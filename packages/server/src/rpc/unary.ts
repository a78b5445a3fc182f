import { type handleUnaryCall, type StatusObject, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { Admission } from "./admission.js";
import { ServerCall } from "./server-call.js";
import { StatusError } from "./status-error.js";

/**
 * Answers a unary RPC with what it returns or resolves with. What it throws or rejects with goes out as its status if
 * it is a {@link StatusError}, and otherwise as INTERNAL with a fixed text, so that no secret leaks.
 */
export type UnaryHandler<Request, Response> = (request: Request, call: ServerCall) => Response | PromiseLike<Response>;

/** What handlers of one server share. */
export interface HandlerContext {
  readonly admission: Admission;
  readonly logger: Logger;
}

/** Makes of a handler one that grpc-js can call, that keeps the limit, and that cannot bring the process down. */
export function unary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  { admission, logger }: HandlerContext,
): handleUnaryCall<Request, Response> {
  return async (grpcCall, callback) => {
    if (!admission.enter()) {
      callback(admission.refusal);
      return;
    }
    const call = new ServerCall(grpcCall);
    let response: Response;
    try {
      response = await handler(grpcCall.request, call);
    } catch (error) {
      call.end();
      callback(toStatus(error, call, logger));
      return;
    } finally {
      admission.leave();
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
