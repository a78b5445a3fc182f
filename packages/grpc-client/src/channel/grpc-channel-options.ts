import { compressionAlgorithms } from "@grpc/grpc-js";
import { probeService, type ServiceConfig } from "../service-config/service-config.js";
import { findMaxAttempts } from "../service-config/to-service-config.js";
import { type ChannelOptions, checkChannelOptions } from "./channel-options.js";
import type { ClientOptions, ClientOptionValues } from "./client-options.js";
import { checkHeaderText } from "./header-text.js";
import { isLoopback } from "./target.js";

/** Channel options that correspond to one scalar option of the client. */
const scalars = {
  userAgent: "grpc.primary_user_agent",
  keepaliveTimeMs: "grpc.keepalive_time_ms",
  keepaliveTimeoutMs: "grpc.keepalive_timeout_ms",
  keepaliveWithoutCalls: "grpc.keepalive_permit_without_calls",
  initialReconnectBackoffMs: "grpc.initial_reconnect_backoff_ms",
  maxReconnectBackoffMs: "grpc.max_reconnect_backoff_ms",
  maxSendMessageBytes: "grpc.max_send_message_length",
  maxReceiveMessageBytes: "grpc.max_receive_message_length",
} as const satisfies Partial<Record<keyof ClientOptionValues, keyof ChannelOptions>>;

const retryOptions = ["grpc.service_config", "grpc.enable_retries"] as const;
const attemptOptions = [...retryOptions, "grpc-node.retry_max_attempts_limit"] as const;

/** Channel options that conflict with an option of the client. */
const conflicts: Partial<Record<keyof ClientOptions, readonly (keyof ChannelOptions)[]>> = {
  ...Object.fromEntries(Object.entries(scalars).map(([option, name]) => [option, [name]])),
  compression: ["grpc.default_compression_algorithm"],
  connections: ["grpc.use_local_subchannel_pool"],
  loadBalancing: ["grpc.service_config"],
  retry: attemptOptions,
  hedging: attemptOptions,
  retryThrottling: retryOptions,
  serviceConfig: retryOptions,
};

/**
 * Converts the options of a client to channel options of grpc-js.
 *
 * @throws TypeError that names invalid or conflicting options.
 */
export function toGrpcChannelOptions(
  target: string,
  options: ClientOptions,
  values: ClientOptionValues,
  serviceConfig: ServiceConfig,
): ChannelOptions {
  const { channelOptions = {}, tls } = options;
  checkChannelOptions(channelOptions);
  checkConflicts(options, channelOptions);
  const serverName = typeof tls === "object" ? tls.serverName : undefined;
  const attemptsLimit = findMaxAttempts(serviceConfig);
  return {
    "grpc.enable_channelz": 0,
    // Otherwise the target's DNS records could change retries and load balancing.
    "grpc.service_config_disable_resolution": 1,
    ...(isLoopback(target) && { "grpc.enable_http_proxy": 0 }),
    ...(values.connections > 1 && { "grpc.use_local_subchannel_pool": 1 }),
    ...(attemptsLimit > 5 && { "grpc-node.retry_max_attempts_limit": attemptsLimit }),
    ...(values.compression === "gzip" && { "grpc.default_compression_algorithm": compressionAlgorithms.gzip }),
    ...convertScalars(options, values),
    ...(serverName !== undefined && { "grpc.ssl_target_name_override": serverName }),
    "grpc.service_config": JSON.stringify(disableProbeRetries(serviceConfig)),
    ...channelOptions,
  };
}

function checkConflicts(options: ClientOptions, channelOptions: ChannelOptions): void {
  for (const [option, names] of Object.entries(conflicts)) {
    rejectBoth(option, options[option as keyof ClientOptions], names, channelOptions);
  }
  const { tls } = options;
  if (typeof tls === "object" && tls.serverName !== undefined) {
    checkHeaderText("tls.serverName", tls.serverName);
    rejectBoth("tls.serverName", tls.serverName, ["grpc.ssl_target_name_override"], channelOptions);
  }
}

function rejectBoth(
  option: string,
  value: unknown,
  names: readonly (keyof ChannelOptions)[],
  channelOptions: ChannelOptions,
): void {
  const name = names.find((name) => channelOptions[name] !== undefined);
  if (name !== undefined && value !== undefined) {
    throw new TypeError(`${option} and channelOptions["${name}"] are mutually exclusive`);
  }
}

function convertScalars(options: ClientOptions, values: ClientOptionValues): ChannelOptions {
  const { initialReconnectBackoffMs: initial, maxReconnectBackoffMs: max } = values;
  if (options.maxReconnectBackoffMs !== undefined && initial > max) {
    throw new TypeError(`initialReconnectBackoffMs (${initial}) must not exceed maxReconnectBackoffMs (${max})`);
  }
  const effective = { ...values, maxReconnectBackoffMs: Math.max(initial, max) };
  const result: Record<string, string | number> = {};
  for (const [option, name] of Object.entries(scalars)) {
    const value = effective[option as keyof typeof scalars];
    if (value !== undefined && !(values.keepaliveTimeMs === 0 && option.startsWith("keepalive"))) {
      result[name] = typeof value === "boolean" ? Number(value) : value;
    }
  }
  return result;
}

/** Disables retries for the probe call, so that {@link findConnectionError} gets its status at once. */
function disableProbeRetries(config: ServiceConfig): ServiceConfig {
  return { ...config, methodConfig: [...(config.methodConfig ?? []), { name: [{ service: probeService }] }] };
}
