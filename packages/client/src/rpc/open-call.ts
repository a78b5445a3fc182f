import type { ChannelInterface, Metadata } from "@grpc/grpc-js";
import { bearerToken, type TokenListener } from "./bearer-token.js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import { show } from "./check.js";
import { toGrpcMetadata } from "./metadata.js";
import { deadlineOf } from "./parent-call.js";

/** A call as grpc-js makes it, without the layers of its stubs. */
export type GrpcCall = ReturnType<ChannelInterface["createCall"]>;

/**
 * Makes a call on a channel, with its deadline and token.
 *
 * @throws TypeError where the options cannot be.
 */
export function openCall(
  caller: Caller,
  channel: ChannelInterface,
  method: string,
  { timeoutMs = caller.timeoutMs, parent }: CallOptions,
  listener: TokenListener,
): GrpcCall {
  if (typeof timeoutMs !== "number" || Number.isNaN(timeoutMs)) {
    throw new TypeError(`timeoutMs must be a number, not ${show(timeoutMs)}`);
  }
  let deadline = Date.now() + timeoutMs;
  if (parent !== undefined) {
    deadline = Math.min(deadline, deadlineOf(parent));
  }
  const call = channel.createCall(method, deadline, undefined, null, undefined);
  if (caller.token !== undefined) {
    call.setCredentials(bearerToken(caller.token, listener));
  }
  return call;
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
