/**
 * The options that grpc-js gives to its channels, under their own names. Most have an option of the client that is
 * easier to read; that one and this one cannot both be given. Those marked as the server's do nothing in a client.
 *
 * @see https://github.com/grpc/grpc-node/blob/master/packages/grpc-js/README.md#supported-channel-options
 */
export interface ChannelOptions {
  /** The name that the server's certificate must bear. Default: the target's host. Prefer `tls.serverName`. */
  readonly "grpc.ssl_target_name_override"?: string;
  /** Goes before grpc-js's own name in the `user-agent`. Default: nothing. Prefer `userAgent`. */
  readonly "grpc.primary_user_agent"?: string;
  /** Goes after grpc-js's own name in the `user-agent`. Default: nothing. */
  readonly "grpc.secondary_user_agent"?: string;
  /** The `:authority` of calls. Default: the target's host and port. */
  readonly "grpc.default_authority"?: string;
  /** Prefer `keepalive.timeMs`. */
  readonly "grpc.keepalive_time_ms"?: number;
  /** Prefer `keepalive.timeoutMs`. */
  readonly "grpc.keepalive_timeout_ms"?: number;
  /** 1: ping also when no call is open. Prefer `keepalive.withoutCalls`. */
  readonly "grpc.keepalive_permit_without_calls"?: number;
  /** JSON. Prefer `serviceConfig`, which is checked. */
  readonly "grpc.service_config"?: string;
  /** The server's. */
  readonly "grpc.max_concurrent_streams"?: number;
  /** Prefer `reconnect.initialBackoffMs`. */
  readonly "grpc.initial_reconnect_backoff_ms"?: number;
  /** Prefer `reconnect.maxBackoffMs`. */
  readonly "grpc.max_reconnect_backoff_ms"?: number;
  /** 1: share no connection with another client of the process. Default 0, but 1 with several `connections`. */
  readonly "grpc.use_local_subchannel_pool"?: number;
  /** In bytes; -1: no limit. Prefer `maxSendBytes`. */
  readonly "grpc.max_send_message_length"?: number;
  /** In bytes; -1: no limit. Prefer `maxReceiveBytes`. */
  readonly "grpc.max_receive_message_length"?: number;
  /** 0: ignore the variables `http_proxy`, `https_proxy` and `grpc_proxy`. Default 1, but 0 for loopback targets. */
  readonly "grpc.enable_http_proxy"?: number;
  /** The target to ask an HTTP proxy for. Default: the client's target. */
  readonly "grpc.http_connect_target"?: string;
  /** `user:password` for an HTTP proxy. Default: those in the variable that names the proxy. */
  readonly "grpc.http_connect_creds"?: string;
  /** How requests are compressed: 0 not, 1 deflate, 2 gzip. Default 0. */
  readonly "grpc.default_compression_algorithm"?: 0 | 1 | 2;
  /** 1: collect what channelz shows, which costs time on every call. Default 0. */
  readonly "grpc.enable_channelz"?: number;
  /** The least time between two look-ups of the target's name, in milliseconds. Default 30,000. */
  readonly "grpc.dns_min_time_between_resolutions_ms"?: number;
  /** 0: no retries, whatever the service config says. Default 1. Prefer `retry: false`. */
  readonly "grpc.enable_retries"?: number;
  /** How many bytes of a call are kept for its retries; a larger request is not retried. Default 1 MiB. */
  readonly "grpc.per_rpc_retry_buffer_size"?: number;
  /** How many bytes of all calls are kept for retries. Default 16 MiB. */
  readonly "grpc.retry_buffer_size"?: number;
  /** The server's. */
  readonly "grpc.max_connection_age_ms"?: number;
  /** The server's. */
  readonly "grpc.max_connection_age_grace_ms"?: number;
  /** The server's. */
  readonly "grpc.max_connection_idle_ms"?: number;
  /** How much a connection may hold, in megabytes. Default: no limit. */
  readonly "grpc-node.max_session_memory"?: number;
  /** 0: take a service config from the TXT record of the target's name, before the client's own. Default 1. */
  readonly "grpc.service_config_disable_resolution"?: number;
  /** After how long without a call connections are closed, in milliseconds. Default 1,800,000. */
  readonly "grpc.client_idle_timeout_ms"?: number;
  /** 1: write each TLS connection's trace to standard error. Default 0. */
  readonly "grpc-node.tls_enable_trace"?: number;
  /** How large a ring the ring_hash policy may build. Default 4,096. */
  readonly "grpc.lb.ring_hash.ring_size_cap"?: number;
  /** How many attempts a call may have, whatever the service config says. Default 5, or `retry.maxAttempts` if more. */
  readonly "grpc-node.retry_max_attempts_limit"?: number;
  /** How many bytes a peer may send before it must wait, a stream. Default: Node's, 65,535. */
  readonly "grpc-node.flow_control_window"?: number;
  /** The server's. */
  readonly "grpc.server_call_metric_recording"?: number;
}

type Kinds = {
  readonly [Name in keyof ChannelOptions]-?: ChannelOptions[Name] extends string | undefined ? "string" : "number";
};

const kinds: Kinds = {
  "grpc.ssl_target_name_override": "string",
  "grpc.primary_user_agent": "string",
  "grpc.secondary_user_agent": "string",
  "grpc.default_authority": "string",
  "grpc.keepalive_time_ms": "number",
  "grpc.keepalive_timeout_ms": "number",
  "grpc.keepalive_permit_without_calls": "number",
  "grpc.service_config": "string",
  "grpc.max_concurrent_streams": "number",
  "grpc.initial_reconnect_backoff_ms": "number",
  "grpc.max_reconnect_backoff_ms": "number",
  "grpc.use_local_subchannel_pool": "number",
  "grpc.max_send_message_length": "number",
  "grpc.max_receive_message_length": "number",
  "grpc.enable_http_proxy": "number",
  "grpc.http_connect_target": "string",
  "grpc.http_connect_creds": "string",
  "grpc.default_compression_algorithm": "number",
  "grpc.enable_channelz": "number",
  "grpc.dns_min_time_between_resolutions_ms": "number",
  "grpc.enable_retries": "number",
  "grpc.per_rpc_retry_buffer_size": "number",
  "grpc.retry_buffer_size": "number",
  "grpc.max_connection_age_ms": "number",
  "grpc.max_connection_age_grace_ms": "number",
  "grpc.max_connection_idle_ms": "number",
  "grpc-node.max_session_memory": "number",
  "grpc.service_config_disable_resolution": "number",
  "grpc.client_idle_timeout_ms": "number",
  "grpc-node.tls_enable_trace": "number",
  "grpc.lb.ring_hash.ring_size_cap": "number",
  "grpc-node.retry_max_attempts_limit": "number",
  "grpc-node.flow_control_window": "number",
  "grpc.server_call_metric_recording": "number",
};

/** The name of every channel option. */
export const channelOptionNames: readonly string[] = Object.keys(kinds);

/**
 * Checks channel options, as grpc-js takes a misspelt one without a word.
 *
 * @throws TypeError which names the option.
 */
export function checkChannelOptions(options: ChannelOptions): void {
  for (const [name, value] of Object.entries(options)) {
    if (!Object.hasOwn(kinds, name)) {
      throw new TypeError(`channelOptions["${name}"] is no channel option of grpc-js`);
    }
    const kind = kinds[name as keyof ChannelOptions];
    if (typeof value !== kind || Number.isNaN(value)) {
      throw new TypeError(`channelOptions["${name}"] must be a ${kind}, not ${JSON.stringify(value) ?? String(value)}`);
    }
  }
}
