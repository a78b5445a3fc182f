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

/** Asks to be told now and at every change. */
export async function* watchHealth(
  caller: Caller,
  service: string,
  options: StreamOptions,
): AsyncGenerator<ServingStatus, void, undefined> {
  for await (const { status } of serverStream(caller, HealthService.watch, { service }, options)) {
    yield names.get(status) ?? "UNKNOWN";
  }
}
