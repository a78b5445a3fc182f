import { status } from "@grpc/grpc-js";
import { loadErrorDetailsProtocol } from "@hello/grpc-common";
import { StatusError } from "./status-error.js";

/** Problem with one field of a request. */
export interface FieldViolation {
  /** Path of the field in the request, like `value` or `addresses[0].street`. */
  readonly field: string;
  /** Description of the problem, for the developer of the client. */
  readonly description: string;
}

/**
 * Creates an INVALID_ARGUMENT error that lists the invalid fields of a request in a `google.rpc.BadRequest`.
 *
 *     throw badRequest({ field: "value", description: "must not be longer than 100 characters" });
 */
export function badRequest(...violations: readonly [FieldViolation, ...FieldViolation[]]): StatusError {
  const details = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  const { BadRequest } = loadErrorDetailsProtocol();
  const message = new BadRequest();
  for (const { field, description } of violations) {
    message.addFieldViolations(
      new BadRequest.FieldViolation().setField(field.toWellFormed()).setDescription(description.toWellFormed()),
    );
  }
  const detail = { typeUrl: "type.googleapis.com/google.rpc.BadRequest", value: message.serializeBinary() };
  return new StatusError(status.INVALID_ARGUMENT, details, { richDetails: [detail] });
}
