import type { Metadata, StatusObject } from "@grpc/grpc-js";
import { previousAttemptsKey } from "../metadata/metadata.js";

/**
 * Determines the origin of a status, which grpc-js does not report. A status of grpc-js has no metadata. The trailers
 * of a server that sent no headers contain at least the content-type. After headers they may be empty, so that the
 * origin of a status without metadata is ambiguous.
 */
export function originOf({ metadata: trailers }: StatusObject, headers: Metadata | undefined): StatusOrigin {
  if (Object.keys(trailers.getMap()).some((key) => key !== previousAttemptsKey)) {
    return "server";
  }
  return headers === undefined ? "client" : "either";
}

/** Origin of a status, or `"either"` if {@link originOf} cannot determine it. */
export type StatusOrigin = "client" | "server" | "either";
