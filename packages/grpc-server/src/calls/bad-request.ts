import { status } from "@grpc/grpc-js";
import { errorDetailsProtocol } from "@hello/grpc-common";
import { StatusError } from "./status-error.js";

/** Problem with one field of a request. */
export interface FieldViolation {
  /** Path of the field in the request, like `value` or `addresses[0].street`. */
  readonly field: string;
  /** Problem, for the client's developer. */
  readonly description: string;
}

/**
 * Creates an INVALID_ARGUMENT error for a request with invalid fields, with a `google.rpc.BadRequest` that names them.
 *
 *     throw badRequest({ field: "value", description: "must not be longer than 100 characters" });
 */
export function badRequest(...violations: readonly [FieldViolation, ...FieldViolation[]]): StatusError {
  const details = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  const { BadRequest } = errorDetailsProtocol();
  const message = new BadRequest();
  for (const { field, description } of violations) {
    message.addFieldViolations(
      new BadRequest.FieldViolation().setField(field.toWellFormed()).setDescription(description.toWellFormed()),
    );
  }
  const detail = { typeUrl: "type.googleapis.com/google.rpc.BadRequest", value: message.serializeBinary() };
  return new StatusError(status.INVALID_ARGUMENT, details, { richDetails: [detail] });
}
