import type { ChannelInterface, Metadata } from "@grpc/grpc-js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import { show } from "./check.js";
import { toGrpcMetadata } from "./metadata.js";
import { deadlineOf } from "./parent-call.js";

/** A call as grpc-js makes it, without the layers of its stubs. */
export type GrpcCall = ReturnType<ChannelInterface["createCall"]>;

/** What a timer can hold: 24 days. */
const longestMs = 2 ** 31 - 1;

/**
 * How long a call may take, in milliseconds.
 *
 * @throws TypeError where the timeout is none.
 */
export function limitFor(caller: Caller, { timeoutMs = caller.timeoutMs, parent }: CallOptions): number {
  if (typeof timeoutMs !== "number" || !(timeoutMs <= longestMs || timeoutMs === Number.POSITIVE_INFINITY)) {
    throw new TypeError(`timeoutMs must be a number up to ${longestMs}, or Infinity, not ${show(timeoutMs)}`);
  }
  return parent === undefined ? timeoutMs : Math.min(timeoutMs, deadlineOf(parent) - Date.now());
}

/**
 * What a call sends beside the request.
 *
 * @throws TypeError which names the entry that cannot be sent.
 */
export function callMetadata(caller: Caller, { metadata, waitForReady }: CallOptions): Metadata {
  const common = caller.noMetadata(waitForReady);
  if (metadata === undefined) {
    return common;
  }
  if (caller.keepsSecrets && Object.keys(metadata).some((name) => name.toLowerCase() === "authorization")) {
    throw new TypeError(
      'metadata "authorization" would go out in plain text; set tls, or allowPlaintextToken where that does no harm',
    );
  }
  return toGrpcMetadata(metadata, common.getOptions());
}
