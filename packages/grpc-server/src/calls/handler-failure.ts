import { inspect } from "node:util";
import { type Metadata, status } from "@grpc/grpc-js";
import type { SentStatus } from "../http2/base-call.js";
import type { CallEnvironment } from "./call-environment.js";
import { StatusError } from "./status-error.js";
import { toWireStatus } from "./to-wire-status.js";

/** Status for a failure whose details the client must not see. */
export const internalError: SentStatus = { code: status.INTERNAL, details: "internal error", metadata: null };

/** Failed call. */
export interface FailedCall {
  readonly path: string;
  /** False if `authorize` failed, so that the handler was not called. */
  readonly handlerCalled: boolean;
  /** Reason why the call ended, if it ended before its handler. */
  readonly endReason: StatusError | undefined;
  readonly trailers: Metadata | undefined;
}

/** Logs an error of a handler or of `authorize`, and converts it to the status for the client. */
export function handleFailure(error: unknown, call: FailedCall, environment: CallEnvironment): SentStatus {
  const { logger, warn } = environment;
  const { path: method, handlerCalled, endReason, trailers } = call;
  const message = handlerCalled ? "handler failed" : "authorize failed";
  if (endReason !== undefined && isConsequenceOf(endReason, error)) {
    logger.debug({ method, err: error }, "handler stopped because its call ended");
    return internalError;
  }
  if (!(error instanceof StatusError)) {
    // Any value can be thrown, and pino omits functions and `undefined`.
    logger.error({ method, err: error instanceof Error ? error : inspect(error) }, message);
    return internalError;
  }
  if (error.cause !== undefined) {
    if (handlerCalled) {
      logger.error({ method, err: error }, message);
    } else {
      warn("rejection", { method, err: error }, "call rejected by authorize");
    }
  }
  const wire = toWireStatus(error, trailers);
  if (wire.omittedBytes > 0) {
    logger.warn({ method, omittedBytes: wire.omittedBytes }, "metadata omitted: it exceeds what clients accept");
  }
  return { code: wire.code, details: wire.details, metadata: wire.metadata };
}

/** Returns whether an error is only a consequence of the end of its call. */
function isConsequenceOf(reason: StatusError, error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error === reason || error.cause === reason);
}
