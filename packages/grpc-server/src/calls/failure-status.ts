import { inspect } from "node:util";
import { type Metadata, type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import { type CallEnvironment, logOmitted } from "./call-environment.js";
import { StatusError } from "./status-error.js";
import { toWireStatus } from "./to-wire-status.js";

/** Status as grpc-js sends it. */
export type SentStatus = Parameters<ServerInterceptingCallInterface["sendStatus"]>[0];

/** Status of a failure whose details are not meant for the client. */
export const internalError: SentStatus = { code: status.INTERNAL, details: "internal error", metadata: null };

/** Call that has failed. */
export interface FailedCall {
  readonly path: string;
  /** False if `authorize` failed, and the handler has not been called. */
  readonly isHandled: boolean;
  /** Reason for the end of the call, if it ended before its handler. */
  readonly endReason: StatusError | undefined;
  readonly trailers: Metadata | undefined;
}

/** Converts an error that a handler or `authorize` has thrown to the status for the client, and logs it. */
export function failureStatus(error: unknown, call: FailedCall, environment: CallEnvironment): SentStatus {
  const { logger, warn } = environment;
  const { path: method, isHandled, endReason, trailers } = call;
  const message = isHandled ? "handler failed" : "authorize failed";
  if (endReason !== undefined && isConsequenceOf(endReason, error)) {
    logger.debug({ method, err: error }, "handler stopped, as its call has ended");
    return internalError;
  }
  if (!(error instanceof StatusError)) {
    // A thrown value need not be an error, and the log would leave out a function or `undefined`.
    logger.error({ method, err: error instanceof Error ? error : inspect(error) }, message);
    return internalError;
  }
  if (error.cause !== undefined) {
    if (isHandled) {
      logger.error({ method, err: error }, message);
    } else {
      warn("refusal", { method, err: error }, "call refused");
    }
  }
  const wire = toWireStatus(error, trailers);
  logOmitted(wire, method, environment);
  return { code: wire.code, details: wire.details, metadata: wire.metadata };
}

/** Tells whether an error is only the consequence of the end of its call. */
function isConsequenceOf(reason: StatusError, error: unknown): boolean {
  return error instanceof Error && (error.name === "AbortError" || error === reason || error.cause === reason);
}
