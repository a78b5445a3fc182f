import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { originOf } from "../errors/status-origin.js";

/** Details that grpc-js reports if the connection ends during a call. */
const lostConnection = /^(?:Connection dropped|(?:read|write) E[A-Z]+)$/;

/**
 * Returns whether a call failed because its connection ended during the response. gRFC A6 does not retry a call after
 * the start of the response, because its caller may have received a part. The caller of a unary call has not.
 *
 * Also returns true if a server sends these details itself, after headers and without other trailers.
 */
export function isResponseLost(failed: StatusObject, headers: Metadata | undefined): boolean {
  const { code, details } = failed;
  return (
    headers !== undefined &&
    code === status.UNAVAILABLE &&
    lostConnection.test(details) &&
    originOf(failed, headers) !== "server"
  );
}
