import type { Token } from "./bearer-token.js";
import type { ChannelOptions } from "./channel-options.js";
import type { ResilienceOptions } from "./resilience.js";
import type { TlsOptions } from "./transport-security.js";

/** How a client notices that a peer is dead though its connection is open. */
export interface KeepaliveOptions {
  /** How long a connection with an open call may be silent before it is pinged, in milliseconds. Default 10,000. */
  readonly timeMs?: number;
  /** How long the answer may take before the connection counts as dead, in milliseconds. Default 5,000. */
  readonly timeoutMs?: number;
  /** Whether connections without a call are pinged too. Servers may resent that. Default false. */
  readonly withoutCalls?: boolean;
}

/** When a client connects again, the waits growing by 1.6 each time, give or take a fifth. */
export interface ReconnectOptions {
  /** How long to wait after the first failure, in milliseconds. Default 100. */
  readonly initialBackoffMs?: number;
  /** How long to wait at most, in milliseconds. Default 800, so that calls flow within a second of a server's return. */
  readonly maxBackoffMs?: number;
}

/** How a client connects and makes its calls. */
export interface ClientOptions extends ResilienceOptions {
  /** How long a call may take, in milliseconds, unless the call says otherwise. Default 5,000. */
  readonly timeoutMs?: number;
  /**
   * Whether calls wait for a connection until their deadline, rather than fail with UNAVAILABLE when there is none.
   * Default false.
   */
  readonly waitForReady?: boolean;
  /** Transport security: with the authorities that Node trusts (true), or as it says. Default false: plain text. */
  readonly tls?: boolean | TlsOptions;
  /** Goes with every call as `authorization: Bearer …`. Needs `tls`, or `allowPlaintextToken`. Default: none. */
  readonly token?: Token;
  /**
   * Whether a token, or `authorization` in a call's metadata, may go out without `tls`, where anyone on the way can read
   * it. For tests, and for a proxy on this machine that adds TLS. Default false.
   */
  readonly allowPlaintextToken?: boolean;
  /** How many connections to keep to every address; calls take them in turn. Default 1. */
  readonly connections?: number;
  /** How dead peers are noticed; false: not at all. Default: see {@link KeepaliveOptions}. */
  readonly keepalive?: false | KeepaliveOptions;
  /** When to connect again after a failure. */
  readonly reconnect?: ReconnectOptions;
  /** The largest response, in bytes; a larger one fails the call with RESOURCE_EXHAUSTED. Default 4,194,304. */
  readonly maxReceiveBytes?: number;
  /** The largest request, in bytes; a larger one fails the call with RESOURCE_EXHAUSTED. Default: no limit of ours. */
  readonly maxSendBytes?: number;
  /** Goes before grpc-js's own name in the `user-agent`, like `billing/1.2`. Default: nothing. */
  readonly userAgent?: string;
  /** What else grpc-js can do, under its own names. */
  readonly channelOptions?: ChannelOptions;
}

/** The name of every option. */
export const clientOptionNames: readonly (keyof ClientOptions)[] = Object.keys({
  timeoutMs: 0,
  waitForReady: 0,
  tls: 0,
  token: 0,
  allowPlaintextToken: 0,
  connections: 0,
  keepalive: 0,
  reconnect: 0,
  maxReceiveBytes: 0,
  maxSendBytes: 0,
  userAgent: 0,
  channelOptions: 0,
  loadBalancing: 0,
  retry: 0,
  hedging: 0,
  retryThrottling: 0,
  serviceConfig: 0,
} satisfies Record<keyof ClientOptions, 0>) as (keyof ClientOptions)[];
