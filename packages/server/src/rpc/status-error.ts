import { type Metadata, status } from "@grpc/grpc-js";
import type { AnyMessage } from "@hello/proto";

/** What a {@link StatusError} may carry beyond its code and details. */
export interface StatusErrorOptions {
  /** Sent to the client as trailers. */
  readonly metadata?: Metadata;
  /** Messages that tell the client's program more, sent in `grpc-status-details-bin`. */
  readonly richDetails?: readonly AnyMessage[];
  /** What went wrong underneath, for the log alone, which has an error-level line for each failure with a cause. */
  readonly cause?: unknown;
}

/**
 * A failure that a handler means its client to see: thrown or rejected with, it goes out as this status. Every other
 * error goes out as INTERNAL with a fixed text.
 *
 * Clients need to take no more than 8 KiB of headers: a longer text is cut, and too much of the rest left out.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";

  /** The status code, 1 (CANCELLED) to 16 (UNAUTHENTICATED). */
  readonly code: status;

  /** The text that the client reads. */
  readonly details: string;

  /** What is sent to the client as trailers. */
  readonly metadata: Metadata | undefined;

  /** What tells the client's program more. */
  readonly richDetails: readonly AnyMessage[];

  /** @throws RangeError where the code is no failure: OK, or a number that gRPC does not know. */
  constructor(code: status, details: string, { metadata, richDetails = [], cause }: StatusErrorOptions = {}) {
    if (code === status.OK || status[code] === undefined) {
      throw new RangeError(`${code} is not the code of a failure: 1 (CANCELLED) to 16 (UNAUTHENTICATED)`);
    }
    super(`${status[code]}: ${details}`, { cause });
    this.code = code;
    this.details = details;
    this.metadata = metadata;
    this.richDetails = richDetails;
  }
}
