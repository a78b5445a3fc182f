import { type Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { originOf } from "../errors/status-origin.js";

/** Details with which grpc-js reports that a connection ended during a call. */
const lostConnection = /^(?:Connection dropped|(?:read|write) E[A-Z]+)$/;

/**
 * Tells whether a call failed because its connection ended between the first and the last byte of the response. gRFC A6
 * retries no call whose response has begun, because its caller may have seen a part. The caller of a unary call has not.
 *
 * A server that sends grpc-js's own words after its headers, with no other trailer, cannot be distinguished from that.
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
