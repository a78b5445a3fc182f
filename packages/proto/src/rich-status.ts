/**
 * What gRPC carries in `grpc-status-details-bin`, so that programs can tell why a call failed.
 *
 * Written by hand: servers only ever encode these two messages.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/status.proto
 */
import { StrictWriter } from "./strict-utf8.js";

/** A message of any type, encoded: a `google.protobuf.Any`. */
export interface AnyMessage {
  /** The full name of its type after a prefix, like `type.googleapis.com/google.rpc.BadRequest`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

/** The fields of a `google.rpc.Status`. */
export interface RichStatus {
  readonly code: number;
  readonly message: string;
  readonly details: readonly AnyMessage[];
}

/** What is wrong with one field of a request. */
export interface FieldViolation {
  /** The path of the field in the request, like `value` or `addresses[0].street`. */
  readonly field: string;
  /** Why it is wrong, for the client's developer. */
  readonly description: string;
}

/** Encodes a `google.rpc.Status`. */
export function encodeRichStatus({ code, message, details }: RichStatus): Buffer {
  return encode((writer) => {
    writer.writeInt32(1, code);
    writer.writeString(2, message.toWellFormed());
    for (const { typeUrl, value } of details) {
      const any = encode((writer) => {
        writer.writeString(1, typeUrl);
        writer.writeBytes(2, value);
      });
      writer.writeBytes(3, any);
    }
  });
}

/** Makes a `google.rpc.BadRequest`, as a detail of a {@link RichStatus}. */
export function badRequestDetail(violations: readonly FieldViolation[]): AnyMessage {
  const value = encode((writer) => {
    for (const { field, description } of violations) {
      const violation = encode((writer) => {
        writer.writeString(1, field.toWellFormed());
        writer.writeString(2, description.toWellFormed());
      });
      writer.writeBytes(1, violation);
    }
  });
  return { typeUrl: "type.googleapis.com/google.rpc.BadRequest", value };
}

function encode(write: (writer: StrictWriter) => void): Buffer {
  const writer = new StrictWriter();
  write(writer);
  return Buffer.from(writer.getResultBuffer());
}
