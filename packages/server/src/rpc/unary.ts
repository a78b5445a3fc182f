import { inspect } from "node:util";
import { type handleUnaryCall, type StatusObject, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { Admission } from "./admission.js";
import { sendableStatus } from "./sendable-status.js";
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

/** What the client learns of a failure that the handler did not mean it to see. */
const internalError: Partial<StatusObject> = { code: status.INTERNAL, details: "internal error" };

/** Makes of a handler one that grpc-js can call, that keeps the limit, and that cannot bring the process down. */
export function unary<Request, Response>(
  handler: UnaryHandler<Request, Response>,
  { admission, logger }: HandlerContext,
): handleUnaryCall<Request, Response> {
  return async (grpcCall, callback) => {
    if (!admission.enter(callback)) {
      callback(admission.refusal);
      return;
    }
    const call = new ServerCall(grpcCall);
    try {
      const response = await handler(grpcCall.request, call);
      call.end();
      callback(null, response);
    } catch (error) {
      fail(error, { call, callback, logger });
    } finally {
      admission.leave(callback);
    }
  };
}

interface FailingCall {
  readonly call: ServerCall;
  readonly callback: (status: Partial<StatusObject>) => void;
  readonly logger: Logger;
}

/** Answers with a failure, and throws nothing: nobody waits for it, so that would end the process. */
function fail(error: unknown, { call, callback, logger }: FailingCall): void {
  let answer = internalError;
  try {
    answer = toStatus(error, call, logger);
    call.end();
    callback(answer);
  } catch (failure) {
    // Such as metadata with two values of what HTTP has only one of.
    const { metadata: _metadata, ...plain } = answer;
    const lastResorts = [
      () => callback(plain),
      () => logger.error({ method: call.path, err: failure }, "failure cannot be logged or sent as it is"),
    ];
    for (const attempt of lastResorts) {
      try {
        attempt();
      } catch {
        // There is nobody left to tell; the client's deadline ends the call.
      }
    }
  }
}

function toStatus(error: unknown, call: ServerCall, logger: Logger): Partial<StatusObject> {
  const method = call.path;
  if (call.explains(error)) {
    logger.debug({ method, err: error }, "handler stopped, as its call has been cancelled");
    return internalError;
  }
  if (!(error instanceof StatusError)) {
    // What is thrown need not be an error, and the log would leave out a function or `undefined`.
    logger.error({ method, err: error instanceof Error ? error : inspect(error) }, "handler failed");
    return internalError;
  }
  if (error.cause !== undefined) {
    logger.error({ method, err: error }, "handler failed");
  }
  const { omittedBytes, ...answer } = sendableStatus(error);
  if (omittedBytes > 0) {
    logger.warn({ method, omittedBytes }, "status is sent without metadata, which is more than clients take");
  }
  return answer;
}
