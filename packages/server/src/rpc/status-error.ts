import { type Metadata, status } from "@grpc/grpc-js";

/** What a {@link StatusError} may carry beyond its code and details. */
export interface StatusErrorOptions {
  /** Sent to the client as trailers. */
  readonly metadata?: Metadata;
  /** What went wrong underneath, for the log alone. */
  readonly cause?: unknown;
}

/**
 * A failure that a handler means its client to see: thrown or rejected with, it goes out as this status. Every other
 * error goes out as INTERNAL with a fixed text.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";

  /** The status code, 1 (CANCELLED) to 16 (UNAUTHENTICATED). */
  readonly code: status;

  /** The text that the client reads. */
  readonly details: string;

  /** What is sent to the client as trailers. */
  readonly metadata: Metadata | undefined;

  /** @throws RangeError where the code is no failure: OK, or a number that gRPC does not know. */
  constructor(code: status, details: string, options: StatusErrorOptions = {}) {
    if (code === status.OK || status[code] === undefined) {
      throw new RangeError(`${code} is not the code of a failure: 1 (CANCELLED) to 16 (UNAUTHENTICATED)`);
    }
    super(`${status[code]}: ${details}`, { cause: options.cause });
    this.code = code;
    // grpc-js percent-encodes the details, which throws on a lone surrogate, where nothing could catch it.
    this.details = details.toWellFormed();
    this.metadata = options.metadata;
  }
}
