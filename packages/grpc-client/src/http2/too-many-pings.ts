import { constants } from "node:http2";
import type { ChannelInterface } from "@grpc/grpc-js";

/** Targets whose servers have rejected pings. Shared by all channels, because they share connections. */
const rejectingTargets = new Set<string>();

/** Returns whether a GOAWAY frame rejects the client's pings (gRFC A8). */
export function isTooManyPings(code: number, data: Buffer | undefined): boolean {
  return code === constants.NGHTTP2_ENHANCE_YOUR_CALM && data?.toString("latin1") === "too_many_pings";
}

/** Records that a server of a target has rejected pings. */
export function addPingRejection(target: string): void {
  rejectingTargets.add(target);
}

/** Returns whether a server of a channel's target has rejected pings. */
export function hasPingRejection(channel: ChannelInterface): boolean {
  return rejectingTargets.has(channel.getTarget());
}
