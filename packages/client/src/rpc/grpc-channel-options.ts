import { type ChannelOptions, checkChannelOptions } from "./channel-options.js";
import { checkKeys, checkNumber } from "./check.js";
import type { ClientOptions } from "./client-options.js";
import { probeService } from "./connection-error.js";
import { maxAttempts } from "./resilience.js";
import type { ServiceConfig } from "./service-config.js";
import { isLoopback } from "./target.js";

/**
 * What grpc-js is told for the options of a client.
 *
 * @throws TypeError which names the options that are wrong or contradict each other.
 */
export function grpcChannelOptions(
  target: string,
  options: ClientOptions,
  serviceConfig: ServiceConfig,
): ChannelOptions {
  const { channelOptions = {}, connections = 1 } = options;
  checkChannelOptions(channelOptions);
  const attempts = maxAttempts(serviceConfig);
  const own: ChannelOptions = {
    ...keepalive(options),
    ...reconnect(options),
    ...sizes(options),
    ...(options.userAgent !== undefined && { "grpc.primary_user_agent": options.userAgent }),
    ...(typeof options.tls === "object" &&
      options.tls.serverName !== undefined && { "grpc.ssl_target_name_override": options.tls.serverName }),
    ...(channelOptions["grpc.service_config"] === undefined && {
      "grpc.service_config": JSON.stringify(withProbe(serviceConfig)),
    }),
  };
  for (const [option, names] of Object.entries(counterparts)) {
    const name = names.find((name) => channelOptions[name] !== undefined);
    if (name !== undefined && optionAt(options, option) !== undefined) {
      throw new TypeError(`${option} and channelOptions["${name}"] exclude each other`);
    }
  }
  return {
    "grpc.enable_channelz": 0,
    // Else the owner of the name's DNS records decides on retries and load balancing.
    "grpc.service_config_disable_resolution": 1,
    ...(isLoopback(target) && { "grpc.enable_http_proxy": 0 }),
    ...(connections > 1 && { "grpc.use_local_subchannel_pool": 1 }),
    ...(attempts > 5 && { "grpc-node.retry_max_attempts_limit": attempts }),
    ...own,
    ...channelOptions,
  };
}

/** Lets {@link connectionError} be told the truth at once. */
function withProbe(config: ServiceConfig): ServiceConfig {
  return { ...config, methodConfig: [...(config.methodConfig ?? []), { name: [{ service: probeService }] }] };
}

const retries = ["grpc.service_config", "grpc.enable_retries"] as const;

/** The channel options that each option of the client decides. */
const counterparts: Readonly<Record<string, readonly (keyof ChannelOptions)[]>> = {
  "tls.serverName": ["grpc.ssl_target_name_override"],
  userAgent: ["grpc.primary_user_agent"],
  keepalive: ["grpc.keepalive_time_ms", "grpc.keepalive_timeout_ms", "grpc.keepalive_permit_without_calls"],
  reconnect: ["grpc.initial_reconnect_backoff_ms", "grpc.max_reconnect_backoff_ms"],
  connections: ["grpc.use_local_subchannel_pool"],
  maxSendBytes: ["grpc.max_send_message_length"],
  maxReceiveBytes: ["grpc.max_receive_message_length"],
  loadBalancing: ["grpc.service_config"],
  retry: [...retries, "grpc-node.retry_max_attempts_limit"],
  hedging: [...retries, "grpc-node.retry_max_attempts_limit"],
  retryThrottling: retries,
  serviceConfig: retries,
};

function optionAt(options: ClientOptions, path: string): unknown {
  return path === "tls.serverName"
    ? typeof options.tls === "object"
      ? options.tls.serverName
      : undefined
    : options[path as keyof ClientOptions];
}

function keepalive({ keepalive = {} }: ClientOptions): ChannelOptions {
  if (keepalive === false) {
    return {};
  }
  checkKeys("keepalive", keepalive, ["timeMs", "timeoutMs", "withoutCalls"]);
  const { timeMs = 10_000, timeoutMs = 5_000, withoutCalls = false } = keepalive;
  checkNumber("keepalive.timeMs", timeMs, { min: 1 });
  checkNumber("keepalive.timeoutMs", timeoutMs, { min: 1 });
  return {
    "grpc.keepalive_time_ms": timeMs,
    "grpc.keepalive_timeout_ms": timeoutMs,
    "grpc.keepalive_permit_without_calls": Number(withoutCalls),
  };
}

function reconnect({ reconnect = {} }: ClientOptions): ChannelOptions {
  checkKeys("reconnect", reconnect, ["initialBackoffMs", "maxBackoffMs"]);
  const { initialBackoffMs = 100, maxBackoffMs = Math.max(800, initialBackoffMs) } = reconnect;
  checkNumber("reconnect.initialBackoffMs", initialBackoffMs, { min: 1 });
  checkNumber("reconnect.maxBackoffMs", maxBackoffMs, { min: 1 });
  if (initialBackoffMs > maxBackoffMs) {
    throw new TypeError(
      `reconnect.initialBackoffMs, ${initialBackoffMs}, is above reconnect.maxBackoffMs, ${maxBackoffMs}`,
    );
  }
  return { "grpc.initial_reconnect_backoff_ms": initialBackoffMs, "grpc.max_reconnect_backoff_ms": maxBackoffMs };
}

function sizes({ maxReceiveBytes, maxSendBytes }: ClientOptions): ChannelOptions {
  checkNumber("maxReceiveBytes", maxReceiveBytes, { min: 0 });
  checkNumber("maxSendBytes", maxSendBytes, { min: 0 });
  return {
    ...(maxReceiveBytes !== undefined && { "grpc.max_receive_message_length": maxReceiveBytes }),
    ...(maxSendBytes !== undefined && { "grpc.max_send_message_length": maxSendBytes }),
  };
}
