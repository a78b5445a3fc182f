import { decodeStatusDetails, type ErrorDetail } from "./error-details.js";
import { type ReceivedMetadata, withoutName } from "./metadata.js";
import { type StatusName, statusNames } from "./status.js";

/** What an {@link RpcError} is made of. */
export interface RpcErrorInit {
  /** The status code; what is none counts as 2, UNKNOWN. */
  readonly code: number;
  readonly details: string;
  readonly target: string;
  /** Default: none, as where a client connects. */
  readonly method?: string;
  /** Default: none. */
  readonly metadata?: ReceivedMetadata;
  /** How often the call was made. Default 1. */
  readonly attempts?: number;
  readonly cause?: unknown;
}

/** Under this name a `google.rpc.Status` is sent. */
const richStatus = "grpc-status-details-bin";

const brand = Symbol.for("@hello/client/RpcError");

/**
 * A call that failed: the status that the server sent, or that the client found itself.
 *
 * `instanceof RpcError` also holds for an error from another copy of this package.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export class RpcError extends Error {
  override readonly name = "RpcError";

  /** The status code, 1 (CANCELLED) to 16 (UNAUTHENTICATED). */
  readonly code: number;

  /** The status code's name, like `"UNAVAILABLE"`. */
  readonly status: StatusName;

  /** The text that came with the status; where the client found the failure itself, what happened. */
  readonly details: string;

  /** What was connected to, as the client was given it. */
  readonly target: string;

  /** The method, like `/package.Service/Method`; `undefined` where the client could not connect to begin with. */
  readonly method: string | undefined;

  /** How often the call was made, retries included. */
  readonly attempts: number;

  /** What the server sent with the status, less what is decoded in {@link errorDetails}. */
  readonly metadata: ReceivedMetadata;

  /** What the server says of the failure for programs, like which field was wrong. */
  readonly errorDetails: readonly ErrorDetail[];

  constructor({ code, details, target, method, metadata = {}, attempts = 1, cause }: RpcErrorInit) {
    const known = Number.isInteger(code) && code > 0 && code < statusNames.length;
    const status = (known ? statusNames[code] : "UNKNOWN") as StatusName;
    const call = method === undefined ? target : `${method} on ${target}`;
    const times = attempts > 1 ? `, ${attempts} attempts` : "";
    super(
      `${status}: ${details || "the server gave no details"} (${call}${times})`,
      cause === undefined ? undefined : { cause },
    );
    this.code = known ? code : 2;
    this.status = status;
    this.details = details;
    this.target = target;
    this.method = method;
    this.attempts = attempts;
    this.metadata = withoutName(metadata, richStatus);
    this.errorDetails = decodeStatusDetails(metadata[richStatus]?.[0]);
    Object.defineProperty(this, brand, { value: true });
  }
}

Object.defineProperty(RpcError, Symbol.hasInstance, {
  // A class that extends this one has instances of its own only.
  value(this: unknown, value: unknown): boolean {
    return this === RpcError
      ? typeof value === "object" && value !== null && brand in value
      : Function.prototype[Symbol.hasInstance].call(this as typeof RpcError, value);
  },
});
