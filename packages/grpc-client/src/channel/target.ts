import { isIP } from "node:net";
import { Channel, type ChannelCredentials, type ChannelInterface } from "@grpc/grpc-js";
import { formatValue, reasonOf } from "@hello/grpc-common";
import { resetCancelledStreams } from "../http2/reset-cancelled-streams.js";
import type { ChannelOptions } from "./channel-options.js";
import { findTargetProblem } from "./target-problem.js";
import { registerXds } from "./xds.js";

/**
 * Creates a channel to a target. For `xds:` it loads @grpc/grpc-js-xds.
 *
 * @throws TypeError if the target is invalid, or grpc-js rejects the options.
 */
export function openChannel(
  target: string,
  credentials: ChannelCredentials,
  options: ChannelOptions,
): ChannelInterface {
  const invalid = `invalid target ${formatValue(target)}`;
  const unknownScheme = target.startsWith("xds:")
    ? registerXds()
    : "unknown scheme; expected host:port, dns:///host:port, ipv4:a:1,b:2 or unix:/path";
  if (target === "") {
    throw new TypeError(`${invalid}: the host is missing`);
  }
  if (/^\s|\s$|\p{Cc}/u.test(target)) {
    throw new TypeError(`${invalid}: it has leading or trailing whitespace, or a control character`);
  }
  let channel: ChannelInterface;
  try {
    channel = new Channel(target, credentials, { ...options });
  } catch (error) {
    throw new TypeError(`${isConfigError(error) ? invalidConfig : invalid}: ${reasonOf(error)}`, { cause: error });
  }
  // grpc-js parses an unknown scheme as part of the host name.
  if (/^(?:xds:|[\w+.-]+:\/\/)/.test(target) && channel.getTarget() === `dns:${target}`) {
    channel.close();
    throw new TypeError(`${invalid}: ${unknownScheme}`);
  }
  const problem = findTargetProblem(channel.getTarget());
  if (problem !== undefined) {
    channel.close();
    throw new TypeError(`${invalid}: ${problem}`);
  }
  resetCancelledStreams(channel);
  return channel;
}

/** Option that an error of a service config belongs to: the others are checked before. */
const invalidConfig = 'invalid channelOptions["grpc.service_config"]';

function isConfigError(error: unknown): boolean {
  return error instanceof SyntaxError || /^Error: Invalid [ \w]*(?:config|Config|Throttling)\b/.test(String(error));
}

/**
 * Returns whether every address of a target is on this machine, where a proxy cannot reach it: `localhost`,
 * 127.0.0.0/8, `::1` or a Unix domain socket.
 */
export function isLoopback(target: string): boolean {
  if (/^unix(-abstract)?:/.test(target)) {
    return true;
  }
  const path = target.replace(/^(dns|ipv4|ipv6):(\/\/[^/]*\/)?/, "");
  return path.split(",").every((address) => {
    const host = isIP(address) ? address : address.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    return host === "localhost" || host === "::1" || (isIP(host) === 4 && host.startsWith("127."));
  });
}

/** Returns a target with its scheme, which defaults to `dns:///`. */
export function toCanonicalTarget(target: string): string {
  return /^(?:dns|ipv4|ipv6|unix|unix-abstract|xds):/.test(target) ? target : `dns:///${target}`;
}
