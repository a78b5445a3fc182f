import { type Metadata, status } from "@grpc/grpc-js";

/** Encoded message of any type, like a `google.protobuf.Any`. */
export interface AnyMessage {
  /** Type URL, like `type.googleapis.com/google.rpc.BadRequest`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Options of a {@link StatusError}. */
export interface StatusErrorOptions {
  /** Metadata sent as trailers. */
  readonly metadata?: Metadata | undefined;
  /** Machine-readable details, sent in `grpc-status-details-bin`. */
  readonly richDetails?: readonly AnyMessage[] | undefined;
  /** Underlying error, which is logged and never sent. */
  readonly cause?: unknown;
}

/**
 * Error that a handler throws to answer with a status. The client receives every other error as INTERNAL with a fixed
 * text.
 *
 * Clients need not accept more than 8 KiB of headers, so a longer text is truncated, and larger metadata is omitted.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";

  /** Status code, 1 (CANCELLED) to 16 (UNAUTHENTICATED). */
  readonly code: status;

  /** Message for the client. */
  readonly details: string;

  /** Metadata sent as trailers. */
  readonly metadata: Metadata | undefined;

  /** Machine-readable details. */
  readonly richDetails: readonly AnyMessage[];

  /** @throws RangeError if the code is OK or unknown. */
  constructor(code: status, details: string, { metadata, richDetails = [], cause }: StatusErrorOptions = {}) {
    if (code === status.OK || status[code] === undefined) {
      throw new RangeError(`invalid status code ${code}: must be 1 (CANCELLED) to 16 (UNAUTHENTICATED)`);
    }
    super(`${status[code]}: ${details}`, { cause });
    this.code = code;
    this.details = details;
    this.metadata = metadata;
    this.richDetails = richDetails;
  }
}
