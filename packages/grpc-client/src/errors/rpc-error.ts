import { statusDetailsKey, statusNames } from "@hello/grpc-common";
import { type ReceivedMetadata, withoutKey } from "../metadata/metadata.js";
import { decodeStatusDetails } from "./decode-error-details.js";
import type { ErrorDetail } from "./error-details.js";
import type { StatusName } from "./status-name.js";

/** Properties of a new {@link RpcError}. */
export interface RpcErrorInit {
  /** Status code. An invalid code becomes 2 (UNKNOWN). */
  readonly code: number;
  readonly details: string;
  readonly target: string;
  /** Full method name, like `/package.Service/Method`. Default: none, as for an error of `connect()`. */
  readonly method?: string | undefined;
  /** Trailers from the server. Default: none. */
  readonly metadata?: ReceivedMetadata | undefined;
  /** Number of attempts. Default 1. */
  readonly attempts?: number | undefined;
  readonly cause?: unknown;
}

const brand = Symbol.for("@hello/grpc-client/RpcError");

/**
 * Error of a failed call. Its status comes from the server, or from the client if it detected the failure itself.
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

  /** Target, as passed to the client. */
  readonly target: string;

  /** Full method name, like `/package.Service/Method`. `undefined` for an error of `connect()`. */
  readonly method: string | undefined;

  /** Number of attempts, including retries. */
  readonly attempts: number;

  /** Trailers from the server, without the {@link errorDetails}. */
  readonly metadata: ReceivedMetadata;

  /** Machine-readable details from the server, like the invalid fields of the request. */
  readonly errorDetails: readonly ErrorDetail[];

  constructor({ code, details, target, method, metadata = {}, attempts = 1, cause }: RpcErrorInit) {
    const isValid = Number.isInteger(code) && code > 0 && code < statusNames.length;
    const status = (isValid ? statusNames[code] : "UNKNOWN") as StatusName;
    const call = method === undefined ? target : `${method} on ${target}`;
    const count = attempts > 1 ? `, ${attempts} attempts` : "";
    super(`${status}: ${details || "no details"} (${call}${count})`, cause === undefined ? undefined : { cause });
    this.code = isValid ? code : 2;
    this.status = status;
    this.details = details;
    this.target = target;
    this.method = method;
    this.attempts = attempts;
    this.metadata = withoutKey(metadata, statusDetailsKey);
    this.errorDetails = decodeStatusDetails(metadata[statusDetailsKey]?.[0]);
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
