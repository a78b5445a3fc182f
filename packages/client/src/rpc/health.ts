import { ServingStatus as codes, HealthService } from "@hello/proto";
import { unaryCall } from "./call.js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import { type StreamOptions, serverStream } from "./server-stream.js";

/**
 * Whether a service serves; `"SERVICE_UNKNOWN"` is said only to those who watch.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
 */
export type ServingStatus = "UNKNOWN" | "SERVING" | "NOT_SERVING" | "SERVICE_UNKNOWN";

const names = new Map<number, ServingStatus>(
  (Object.keys(codes) as ServingStatus[]).map((name) => [codes[name], name]),
);

/** Asks once. */
export async function checkHealth(caller: Caller, service: string, options?: CallOptions): Promise<ServingStatus> {
  const { status } = await unaryCall(caller, HealthService.check, { service }, options);
  return names.get(status) ?? "UNKNOWN";
}

const { path, requestSerialize, responseDeserialize } = HealthService.watch;
const watchStatus = {
  path,
  requestSerialize,
  responseDeserialize: (bytes: Buffer) => names.get(responseDeserialize(bytes).status) ?? "UNKNOWN",
};

/** Asks to be told now and at every change. */
export function watchHealth(
  caller: Caller,
  service: string,
  options: StreamOptions,
): AsyncGenerator<ServingStatus, void, undefined> {
  return serverStream(caller, watchStatus, { service }, options);
}
