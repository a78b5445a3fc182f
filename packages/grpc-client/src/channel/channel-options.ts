import { checkObject, formatValue } from "@hello/grpc-common";
import { checkHeaderText } from "./header-text.js";

/**
 * Channel options of grpc-js with the types of their values. Where a client option is preferred, setting both is an error.
 *
 * @see https://github.com/grpc/grpc-node/blob/master/packages/grpc-js/README.md#supported-channel-options
 */
const valueTypes = {
  /** Prefer `tls.serverName`. */
  "grpc.ssl_target_name_override": "string",
  /** Prefer `userAgent`. */
  "grpc.primary_user_agent": "string",
  /** Suffix of the `user-agent`. */
  "grpc.secondary_user_agent": "string",
  /** `:authority` of calls. Default: the target's host and port. */
  "grpc.default_authority": "string",
  /** Prefer `keepaliveTimeMs`. */
  "grpc.keepalive_time_ms": "number",
  /** Prefer `keepaliveTimeoutMs`. */
  "grpc.keepalive_timeout_ms": "number",
  /** Prefer `keepaliveWithoutCalls`. */
  "grpc.keepalive_permit_without_calls": "number",
  /** JSON. Prefer `serviceConfig`, which is checked. */
  "grpc.service_config": "string",
  /** Prefer `initialReconnectBackoffMs`. */
  "grpc.initial_reconnect_backoff_ms": "number",
  /** Prefer `maxReconnectBackoffMs`. */
  "grpc.max_reconnect_backoff_ms": "number",
  /** 1: do not share connections with other channels. Default 0, or 1 with several `connections`. */
  "grpc.use_local_subchannel_pool": "number",
  /** Bytes; -1: no limit. Prefer `maxSendMessageBytes`. */
  "grpc.max_send_message_length": "number",
  /** Bytes; -1: no limit. Prefer `maxReceiveMessageBytes`. */
  "grpc.max_receive_message_length": "number",
  /** 0: ignore the variables `http_proxy`, `https_proxy` and `grpc_proxy`. Default 1, or 0 for loopback targets. */
  "grpc.enable_http_proxy": "number",
  /** Target to request from an HTTP proxy. Default: the client's target. */
  "grpc.http_connect_target": "string",
  /** `user:password` for an HTTP proxy. */
  "grpc.http_connect_creds": "string",
  /** 0: none, 1: deflate, 2: gzip. Prefer `compression`. */
  "grpc.default_compression_algorithm": "number",
  /** 1: collect channelz data, which slows down every call. Default 0. */
  "grpc.enable_channelz": "number",
  /** Minimum time between two DNS lookups, in milliseconds. Default 30,000. */
  "grpc.dns_min_time_between_resolutions_ms": "number",
  /** 0: no retries. Prefer `retry: false`. */
  "grpc.enable_retries": "number",
  /** Bytes buffered for the retries of one call; a larger request is not retried. Default 1 MiB. */
  "grpc.per_rpc_retry_buffer_size": "number",
  /** Bytes buffered for the retries of all calls. Default 16 MiB. */
  "grpc.retry_buffer_size": "number",
  /** Memory limit of a connection, in megabytes. Default: no limit. */
  "grpc-node.max_session_memory": "number",
  /** 0: a service config in the target's DNS records takes precedence. Default 1. */
  "grpc.service_config_disable_resolution": "number",
  /** Time without calls after which connections are closed, in milliseconds. Default 1,800,000. */
  "grpc.client_idle_timeout_ms": "number",
  /** 1: trace TLS connections on standard error. Default 0. */
  "grpc-node.tls_enable_trace": "number",
  /** Maximum ring size of the ring_hash policy. Default 4,096. */
  "grpc.lb.ring_hash.ring_size_cap": "number",
  /** Maximum number of attempts of a call. Default 5, or `retry.maxAttempts` if that is greater. */
  "grpc-node.retry_max_attempts_limit": "number",
  /** Flow-control window of a stream, in bytes. Default: Node's, 65,535. */
  "grpc-node.flow_control_window": "number",
  // The types of grpc-js allow these, but they have no effect on a client.
  "grpc.max_concurrent_streams": "number",
  "grpc.max_connection_age_ms": "number",
  "grpc.max_connection_age_grace_ms": "number",
  "grpc.max_connection_idle_ms": "number",
  "grpc.server_call_metric_recording": "number",
} as const;

/** Channel options of grpc-js, under their own names. */
export type ChannelOptions = {
  readonly [Name in keyof typeof valueTypes]?: (typeof valueTypes)[Name] extends "string" ? string : number;
};

/** Options that are sent in headers. */
const headerOptions = new Set([
  "grpc.primary_user_agent",
  "grpc.secondary_user_agent",
  "grpc.default_authority",
  "grpc.http_connect_target",
  "grpc.http_connect_creds",
]);

/** Names of all channel options. */
export const channelOptionNames: readonly string[] = Object.keys(valueTypes);

/**
 * Checks channel options, because grpc-js silently ignores unknown ones.
 *
 * @throws TypeError that names the option.
 */
export function checkChannelOptions(options: ChannelOptions): void {
  checkObject("channelOptions", options);
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(valueTypes, name)) {
      throw new TypeError(`unknown channel option "${name}"`);
    }
    const type = valueTypes[name as keyof ChannelOptions];
    if (typeof value !== type || Number.isNaN(value)) {
      throw new TypeError(`channelOptions["${name}"] must be a ${type}, not ${formatValue(value)}`);
    }
    if (headerOptions.has(name)) {
      checkHeaderText(`channelOptions["${name}"]`, value);
    }
  }
}
