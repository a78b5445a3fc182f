import type { Metadata, StatusObject } from "@grpc/grpc-js";

/** Under this name grpc-js counts the attempts before the last one. */
export const previousAttempts = "grpc-previous-rpc-attempts";

/**
 * Who made a status, which grpc-js does not say. Its own statuses bear no metadata. A server's bear what it sent: without
 * headers before, that has at least the content-type. After headers it may be bare, and then either may have made it.
 */
export function originOf({ metadata: trailers }: StatusObject, headers: Metadata | undefined): StatusOrigin {
  if (Object.keys(trailers.getMap()).some((name) => name !== previousAttempts)) {
    return "server";
  }
  return headers === undefined ? "client" : "either";
}

/** See {@link originOf}. */
export type StatusOrigin = "client" | "server" | "either";
