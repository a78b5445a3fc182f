import { status } from "@grpc/grpc-js";
import { checkNumber, loadErrorDetailsProtocol } from "@hello/grpc-common";
import { type AnyMessage, StatusError } from "./status-error.js";

/** Problem with one field of a request. */
export interface FieldViolation {
  /** Path of the field in the request, like `value` or `addresses[0].street`. */
  readonly field: string;
  /** Description of the problem, for the developer of the client. */
  readonly description: string;
  /** Machine-readable reason, like `TOO_LONG`. Default: none. */
  readonly reason?: string | undefined;
}

/** Machine-readable reason for a failure. */
export interface ErrorReason {
  /** Reason, like `ACCOUNT_LOCKED`. Unique within {@link domain}. */
  readonly reason: string;
  /** Service or company that defines the reason, like `orders.acme.example`. */
  readonly domain: string;
  /** Further facts, like the name of the account. Default: none. */
  readonly metadata?: Readonly<Record<string, string>> | undefined;
}

/**
 * Creates an INVALID_ARGUMENT error that lists the invalid fields of a request in a `google.rpc.BadRequest`.
 *
 *     throw badRequest({ field: "value", description: "must not be longer than 100 characters" });
 */
export function badRequest(...violations: readonly [FieldViolation, ...FieldViolation[]]): StatusError {
  const details = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  const { BadRequest } = loadErrorDetailsProtocol();
  const message = new BadRequest();
  for (const { field, description, reason = "" } of violations) {
    message.addFieldViolations(
      new BadRequest.FieldViolation()
        .setField(field.toWellFormed())
        .setDescription(description.toWellFormed())
        .setReason(reason.toWellFormed()),
    );
  }
  return new StatusError(status.INVALID_ARGUMENT, details, { richDetails: [toAny("BadRequest", message)] });
}

/**
 * Creates a `google.rpc.ErrorInfo`, with which a client can tell errors of the same code apart.
 *
 *     const richDetails = [errorInfo({ reason: "ACCOUNT_LOCKED", domain: "acme.example" })];
 *     throw new StatusError(status.FAILED_PRECONDITION, "the account is locked", { richDetails });
 */
export function errorInfo({ reason, domain, metadata = {} }: ErrorReason): AnyMessage {
  const { ErrorInfo } = loadErrorDetailsProtocol();
  const message = new ErrorInfo().setReason(reason.toWellFormed()).setDomain(domain.toWellFormed());
  for (const [key, value] of Object.entries(metadata)) {
    message.getMetadataMap().set(key.toWellFormed(), value.toWellFormed());
  }
  return toAny("ErrorInfo", message);
}

/**
 * Creates a `google.rpc.RetryInfo`, from which the caller learns when to retry. gRPC clients do not retry by themselves
 * because of it.
 *
 *     throw new StatusError(status.RESOURCE_EXHAUSTED, "the quota is used up", { richDetails: [retryInfo(60_000)] });
 *
 * @param delayMs Delay before a retry, in milliseconds.
 * @throws TypeError if the delay is not a whole number from 0.
 */
export function retryInfo(delayMs: number): AnyMessage {
  checkNumber("delayMs", delayMs, { min: 0, max: Number.MAX_SAFE_INTEGER });
  const { Duration, RetryInfo } = loadErrorDetailsProtocol();
  const delay = new Duration().setSeconds(Math.floor(delayMs / 1_000)).setNanos((delayMs % 1_000) * 1_000_000);
  return toAny("RetryInfo", new RetryInfo().setRetryDelay(delay));
}

function toAny(name: string, message: { serializeBinary(): Uint8Array }): AnyMessage {
  return { typeUrl: `type.googleapis.com/google.rpc.${name}`, value: message.serializeBinary() };
}
