import { type Metadata, status } from "@grpc/grpc-js";
import { StatusError } from "../calls/status-error.js";

/**
 * Returns the bearer token of a call, or `undefined` if its metadata has no `authorization`.
 *
 * @throws StatusError UNAUTHENTICATED if `authorization` is not exactly one bearer token.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function readBearerToken(metadata: Metadata): string | undefined {
  const [value, ...others] = metadata.get("authorization");
  if (value === undefined) {
    return undefined;
  }
  const [, token] = /^bearer +([\w.~+/-]+=*)$/i.exec(String(value)) ?? [];
  if (token === undefined || others.length > 0) {
    throw invalidToken(new Error("authorization must be exactly one bearer token"));
  }
  return token;
}

/** Creates the error for an invalid token. The cause is logged and never sent. */
export function invalidToken(cause: unknown): StatusError {
  return new StatusError(status.UNAUTHENTICATED, "invalid token", { cause });
}
