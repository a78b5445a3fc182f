import { type Metadata, status } from "@grpc/grpc-js";

/** Encoded message of any type: a `google.protobuf.Any`. */
export interface AnyMessage {
  /** Full name of its type after a prefix, like `type.googleapis.com/google.rpc.BadRequest`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** Options of a {@link StatusError}. */
export interface StatusErrorOptions {
  /** Metadata that the client receives as trailers. */
  readonly metadata?: Metadata | undefined;
  /** Messages for the client's program, sent in `grpc-status-details-bin`. */
  readonly richDetails?: readonly AnyMessage[] | undefined;
  /** Underlying error, which goes only to the log: an error-level line for each failure that has one. */
  readonly cause?: unknown;
}

/**
 * Failure that the client is meant to see: a handler that throws it, or rejects with it, answers with this status. Every
 * other error goes out as INTERNAL with a fixed text.
 *
 * Clients need not accept more than 8 KiB of headers: a longer text is cut, and metadata beyond that is left out.
 */
export class StatusError extends Error {
  override readonly name = "StatusError";

  /** Status code, 1 (CANCELLED) to 16 (UNAUTHENTICATED). */
  readonly code: status;

  /** Text for the client. */
  readonly details: string;

  /** Metadata that the client receives as trailers. */
  readonly metadata: Metadata | undefined;

  /** Messages for the client's program. */
  readonly richDetails: readonly AnyMessage[];

  /** @throws RangeError if the code is OK, or unknown to gRPC. */
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
