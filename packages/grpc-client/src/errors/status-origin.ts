import type { Metadata, StatusObject } from "@grpc/grpc-js";

/** Metadata in which grpc-js counts the attempts before the last one. */
export const previousAttempts = "grpc-previous-rpc-attempts";

/**
 * Determines who created a status, which grpc-js does not tell. Its own statuses have no metadata. Trailers from a server
 * that sent no headers contain at least the content-type; after headers they may be empty, so the origin is ambiguous.
 */
export function originOf({ metadata: trailers }: StatusObject, headers: Metadata | undefined): StatusOrigin {
  if (Object.keys(trailers.getMap()).some((name) => name !== previousAttempts)) {
    return "server";
  }
  return headers === undefined ? "client" : "either";
}

/** Creator of a status, as far as {@link originOf} can tell. */
export type StatusOrigin = "client" | "server" | "either";
