import type { statusNames } from "@hello/grpc-common";

/**
 * Name of an error status, as in the gRPC specification.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export type StatusName = Exclude<(typeof statusNames)[number], "OK">;
