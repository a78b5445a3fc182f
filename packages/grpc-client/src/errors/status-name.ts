import type { statusNames } from "@hello/grpc-common";

/**
 * Name of the status of a failed call, as the gRPC specification writes it.
 *
 * @see https://grpc.io/docs/guides/status-codes/
 */
export type StatusName = Exclude<(typeof statusNames)[number], "OK">;
