import { type Metadata, status } from "@grpc/grpc-js";
import { StatusError } from "../calls/status-error.js";

/**
 * Returns the bearer token of a call, or `undefined` if it has no `authorization`.
 *
 * @throws StatusError UNAUTHENTICATED if `authorization` is anything else than one bearer token.
 * @see https://www.rfc-editor.org/rfc/rfc6750#section-2.1
 */
export function bearerToken(metadata: Metadata): string | undefined {
  const [value, ...others] = metadata.get("authorization");
  if (value === undefined) {
    return undefined;
  }
  const [, token] = /^bearer +([\w.~+/-]+=*)$/i.exec(String(value)) ?? [];
  if (token === undefined || others.length > 0) {
    throw invalidToken(new Error("authorization is not one bearer token"));
  }
  return token;
}

/** Returns the refusal of a token; the cause goes only to the log. */
export function invalidToken(cause: unknown): StatusError {
  return new StatusError(status.UNAUTHENTICATED, "invalid token", { cause });
}
