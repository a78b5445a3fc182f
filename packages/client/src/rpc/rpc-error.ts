import { status } from "@grpc/grpc-js";

/** The name of a status code, as the gRPC specification writes it. */
export type StatusName = Exclude<keyof typeof status, "OK">;

/** What an {@link RpcError} is made of. */
export interface RpcErrorInit {
  readonly code: number;
  readonly details: string;
  readonly target: string;
  readonly method: string;
  readonly cause?: unknown;
}

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

  /** The text that came with the status. */
  readonly details: string;

  constructor({ code, details, target, method, cause }: RpcErrorInit) {
    const name = (status[code] ?? "UNKNOWN") as StatusName;
    super(`${name}: ${details} (${method} on ${target})`, cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = name;
    this.details = details;
    Object.defineProperty(this, brand, { value: true });
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === "object" && value !== null && brand in value;
  }
}
