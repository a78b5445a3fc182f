import { statusNames } from "@hello/grpc-common";
import { type ReceivedMetadata, withoutKey } from "../calls/metadata.js";
import { decodeStatusDetails } from "./decode-error-details.js";
import type { ErrorDetail } from "./error-details.js";
import type { StatusName } from "./status-name.js";

/** Parts of an {@link RpcError}. */
export interface RpcErrorInit {
  /** Status code; an invalid one becomes 2, UNKNOWN. */
  readonly code: number;
  readonly details: string;
  readonly target: string;
  /** Default: none, as when a client connects. */
  readonly method?: string | undefined;
  /** Default: none. */
  readonly metadata?: ReceivedMetadata | undefined;
  /** Number of attempts. Default 1. */
  readonly attempts?: number | undefined;
  readonly cause?: unknown;
}

/** Metadata that carries a `google.rpc.Status`. */
const statusDetails = "grpc-status-details-bin";

const brand = Symbol.for("@hello/grpc-client/RpcError");

/**
 * Failed call: a status that the server sent, or that the client determined itself.
 *
 * `instanceof RpcError` is also true for an error from another copy of this package.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export class RpcError extends Error {
  override readonly name = "RpcError";

  /** Status code, 1 (CANCELLED) to 16 (UNAUTHENTICATED). */
  readonly code: number;

  /** Name of the status code, like `"UNAVAILABLE"`. */
  readonly status: StatusName;

  /** Message of the status, or the client's description of the failure. */
  readonly details: string;

  /** Target, as it was given to the client. */
  readonly target: string;

  /** Method, like `/package.Service/Method`; `undefined` if `connect()` failed. */
  readonly method: string | undefined;

  /** Number of attempts, retries included. */
  readonly attempts: number;

  /** Metadata that the server sent with the status, except {@link errorDetails}. */
  readonly metadata: ReceivedMetadata;

  /** Machine-readable details from the server, such as the invalid fields of the request. */
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
    this.metadata = withoutKey(metadata, statusDetails);
    this.errorDetails = decodeStatusDetails(metadata[statusDetails]?.[0]);
    Object.defineProperty(this, brand, { value: true });
  }
}

Object.defineProperty(RpcError, Symbol.hasInstance, {
  // A subclass recognizes only its own instances.
  value(this: unknown, value: unknown): boolean {
    return this === RpcError
      ? typeof value === "object" && value !== null && brand in value
      : Function.prototype[Symbol.hasInstance].call(this as typeof RpcError, value);
  },
});
