import { isIPv6 } from "node:net";
import { type ChannelCredentials, type ChannelInterface, experimental } from "@grpc/grpc-js";
import type { ChannelOptions } from "./channel-options.js";
import { type HttpProxy, readProxyVariables } from "./proxy-variables.js";
import { isLoopback, openChannel } from "./target.js";

/** Subchannel pool of a grpc-js channel. */
interface SubchannelPool {
  getOrCreateSubchannel(target: unknown, address: Address, options: ChannelOptions, credentials: unknown): unknown;
  unrefUnusedSubchannels(): void;
}

type Address = { readonly host: string; readonly port: number } | { readonly path: string };

/**
 * Creates a channel to a target, through the HTTP proxy that the environment sets for it. Replaces the proxy support of
 * grpc-js, which misreads lists in the variables and requests a list of addresses from the proxy as a single one.
 *
 * @throws TypeError if the target is invalid, or grpc-js rejects the options.
 */
export function openChannelThroughProxy(
  target: string,
  credentials: ChannelCredentials,
  options: ChannelOptions,
): ChannelInterface {
  const direct = { ...options, "grpc.enable_http_proxy": 0 };
  const channel = openChannel(target, credentials, direct);
  if (options["grpc.enable_http_proxy"] === 0) {
    return channel;
  }
  const proxyFor = readProxyVariables(process.env);
  const canonical = channel.getTarget();
  const [, scheme, path = ""] = /^(dns|ipv4|ipv6):(?:\/\/[^/]*\/)?(.*)$/.exec(canonical) ?? [];
  if (scheme !== "dns") {
    const isForced = options["grpc.enable_http_proxy"] === 1;
    connectThroughProxy(channel, (host) => (isForced || !isLoopback(host) ? proxyFor(host) : undefined));
    return channel;
  }
  const proxy = proxyFor(experimental.splitHostPort(path)?.host ?? path);
  if (proxy === undefined) {
    return channel;
  }
  channel.close();
  return openChannel(`dns:${proxy.address}`, credentials, {
    "grpc.default_authority": path,
    ...toProxyOptions(canonical, proxy),
    ...direct,
  });
}

/** Makes a channel connect to each of its addresses through a proxy. */
function connectThroughProxy(channel: ChannelInterface, proxyFor: (host: string) => HttpProxy | undefined): void {
  const internal: { subchannelPool: SubchannelPool } | undefined = Reflect.get(channel, "internalChannel");
  if (internal === undefined) {
    return;
  }
  const pool = internal.subchannelPool;
  internal.subchannelPool = {
    getOrCreateSubchannel(target, address, options, credentials) {
      const proxy = "host" in address ? proxyFor(address.host) : undefined;
      if (proxy === undefined || !("host" in address)) {
        return pool.getOrCreateSubchannel(target, address, options, credentials);
      }
      const origin = isIPv6(address.host) ? `[${address.host}]:${address.port}` : `${address.host}:${address.port}`;
      const proxied = { ...toProxyOptions(`dns:${origin}`, proxy), ...options };
      return pool.getOrCreateSubchannel(target, toAddress(proxy), proxied, credentials);
    },
    unrefUnusedSubchannels: () => pool.unrefUnusedSubchannels(),
  };
}

function toProxyOptions(target: string, { credentials }: HttpProxy): ChannelOptions {
  return {
    "grpc.http_connect_target": target,
    ...(credentials !== undefined && { "grpc.http_connect_creds": credentials }),
  };
}

function toAddress({ address }: HttpProxy): Address {
  const { host, port = 80 } = experimental.splitHostPort(address) ?? { host: address };
  return { host, port };
}
