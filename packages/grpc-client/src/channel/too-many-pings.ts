import { constants } from "node:http2";
import type { ChannelInterface } from "@grpc/grpc-js";

/** Targets of which a server has closed a connection because of pings. Channels share connections. */
const targets = new Set<string>();

/** Tells whether a GOAWAY rejects the client's pings (gRFC A8). */
export function isTooManyPings(code: number, data: Buffer | undefined): boolean {
  return code === constants.NGHTTP2_ENHANCE_YOUR_CALM && data?.toString("latin1") === "too_many_pings";
}

/** Records that a server of a target has rejected pings. */
export function addPingRejection(target: string): void {
  targets.add(target);
}

/** Tells whether a server of a channel's target has rejected pings. */
export function hasPingRejection(channel: ChannelInterface): boolean {
  return targets.has(channel.getTarget());
}
