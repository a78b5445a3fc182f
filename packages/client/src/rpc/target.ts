import { createRequire } from "node:module";
import { isIP } from "node:net";
import { Channel, type ChannelCredentials, type ChannelInterface } from "@grpc/grpc-js";
import type { ChannelOptions } from "./channel-options.js";

/**
 * Makes a channel to a target. For `xds:` it loads the package that knows it.
 *
 * @throws TypeError where the target is none, or grpc-js does not take the options.
 */
export function openChannel(
  target: string,
  credentials: ChannelCredentials,
  options: ChannelOptions,
): ChannelInterface {
  const quoted = JSON.stringify(target);
  if (target.startsWith("xds:")) {
    registerXds(quoted);
  }
  let channel: ChannelInterface;
  try {
    channel = new Channel(target, credentials, { ...options });
  } catch (error) {
    throw new TypeError(`${subjectOf(error, quoted)}: ${error instanceof Error ? error.message : error}`, {
      cause: error,
    });
  }
  // Where grpc-js does not know a scheme, it takes it for part of a host's name.
  if (/^[\w+.-]+:\/\//.test(target) && channel.getTarget() === `dns:${target}`) {
    channel.close();
    throw new TypeError(
      `the target ${quoted} has a scheme that gRPC does not know; write host:port, dns:///host:port, ipv4:a:1,b:2 or unix:/path`,
    );
  }
  return channel;
}

/** What grpc-js does not take, by how it says so. Of the service config it takes all that we have checked. */
function subjectOf(error: unknown, target: string): string {
  if (error instanceof SyntaxError || /^Error: Invalid [ \w]*(?:config|Config|Throttling)\b/.test(String(error))) {
    return 'channelOptions["grpc.service_config"] cannot be';
  }
  return /target/.test(String(error)) ? `the target ${target} is none` : `no channel to ${target} can be made`;
}

function registerXds(target: string): void {
  const require = createRequire(import.meta.url);
  let xds: { register(): void };
  try {
    xds = require("@grpc/grpc-js-xds");
  } catch (error) {
    throw new TypeError(`the target ${target} needs the package @grpc/grpc-js-xds, which is not installed`, {
      cause: error,
    });
  }
  xds.register();
}

/**
 * Whether every address of a target is this machine's: `localhost`, 127.0.0.0/8, `::1` or a Unix domain socket. No
 * proxy can reach those.
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

/** A target with the scheme that it has if it names none. */
export function canonicalTarget(target: string): string {
  return /^(?:dns|ipv4|ipv6|unix|unix-abstract|xds):/.test(target) ? target : `dns:///${target}`;
}
