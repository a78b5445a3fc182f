import { status } from "@grpc/grpc-js";
import { badRequestDetail, type FieldViolation } from "@hello/proto";
import { StatusError } from "./status-error.js";

/**
 * INVALID_ARGUMENT for a request whose fields are wrong, with a `google.rpc.BadRequest` that says which and why.
 *
 *     throw badRequest({ field: "value", description: "must not be longer than 100 characters" });
 */
export function badRequest(...violations: readonly [FieldViolation, ...FieldViolation[]]): StatusError {
  const details = violations.map(({ field, description }) => `${field}: ${description}`).join("; ");
  return new StatusError(status.INVALID_ARGUMENT, details, { richDetails: [badRequestDetail(violations)] });
}
