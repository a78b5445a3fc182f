import { choice, integer, MAX_TIMER_MS, type Optional, type OptionTable, text, toggle } from "@hello/grpc-common";
import type { ResilienceOptions } from "../retries/resilience.js";
import type { Token } from "./bearer-token.js";
import type { ChannelOptions } from "./channel-options.js";
import { checkHeaderText } from "./header-text.js";
import type { TlsOptions } from "./transport-security.js";

/** Options with a single value; defaults and ranges are in {@link clientOptionTable}. */
interface ScalarOptions {
  /** Time that a call may take, retries included, in milliseconds, unless the call sets its own. */
  readonly timeoutMs: number;
  /** Wait for a connection until the deadline, instead of failing with UNAVAILABLE while there is none. */
  readonly waitForReady: boolean;
  /**
   * Send a token, or `authorization` in a call's metadata, even without `tls`, where anyone on the way can read it. For
   * tests, and for a proxy on this machine that adds TLS.
   */
  readonly allowPlaintextToken: boolean;
  /** Number of connections to each address; calls take turns. */
  readonly connections: number;
  /** Load balancing over the addresses of a target: `round_robin`, or `pick_first`, which stays with one address. */
  readonly loadBalancing: "round_robin" | "pick_first";
  /**
   * Time after which a connection with an open call is pinged, in milliseconds; 0 turns all pings off. gRPC servers allow
   * one ping in five minutes by default. A call that gets no answer causes a ping after a quarter of a second.
   */
  readonly keepaliveTimeMs: number;
  /**
   * Time to wait for the answer to a ping before the connection counts as lost, in milliseconds. It must leave time for a
   * retry within `timeoutMs`.
   */
  readonly keepaliveTimeoutMs: number;
  /** Ping connections without an open call too. Servers may reject that. */
  readonly keepaliveWithoutCalls: boolean;
  /** Time to wait before the first reconnect, in milliseconds; it grows by 1.6 each time, with a jitter of a fifth. */
  readonly initialReconnectBackoffMs: number;
  /** Longest time to wait before a reconnect, in milliseconds. Never below `initialReconnectBackoffMs` by default. */
  readonly maxReconnectBackoffMs: number;
  /** Largest response, in bytes; a larger one fails the call with RESOURCE_EXHAUSTED. */
  readonly maxReceiveMessageBytes: number;
  /** Largest request, in bytes; a larger one fails the call with RESOURCE_EXHAUSTED. */
  readonly maxSendMessageBytes: number;
  /** Compression of requests; a server that does not accept it gets them uncompressed, from the second call on. */
  readonly compression: "identity" | "gzip";
  /** Prefix of grpc-js's own `user-agent`, like `billing/1.2`: printable ASCII. */
  readonly userAgent: string | undefined;
}

/** Values of the scalar options, defaults filled in. */
export type ClientOptionValues = ScalarOptions;

/** Options of a client, or of a channel that several clients share. All are optional. */
export interface ClientOptions extends Optional<ScalarOptions>, ResilienceOptions {
  /** Transport security: `true` trusts the authorities that Node trusts. Default: false, plain text. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** Sent with every call as `authorization: Bearer …`. Requires `tls` or `allowPlaintextToken`. Default: none. */
  readonly token?: Token | undefined;
  /** Further options of grpc-js, under its own names. */
  readonly channelOptions?: ChannelOptions | undefined;
}

/** Scalar options of a client: meaning, default and range. */
export const clientOptionTable: OptionTable<ClientOptionValues> = {
  timeoutMs: integer("time a call may take, in milliseconds", { default: 5_000, placeholder: "ms", min: 1 }),
  waitForReady: toggle("wait for a connection until the deadline instead of failing at once", false),
  allowPlaintextToken: toggle("send credentials without TLS too", false),
  connections: integer("connections to each address", { default: 1, placeholder: "number", min: 1, max: 1_000 }),
  loadBalancing: choice("load balancing over the addresses of the target", {
    default: "round_robin",
    placeholder: "policy",
    words: ["round_robin", "pick_first"],
  }),
  // Above the five minutes that gRPC servers ask for, below the 350 seconds after which AWS drops quiet connections.
  keepaliveTimeMs: integer("time before a connection with an open call is pinged, in milliseconds; 0: never", {
    default: 330_000,
    placeholder: "ms",
  }),
  keepaliveTimeoutMs: integer("time to wait for the answer to a ping, in milliseconds", {
    default: 2_000,
    placeholder: "ms",
    min: 1,
  }),
  keepaliveWithoutCalls: toggle("ping connections without an open call too", false),
  initialReconnectBackoffMs: integer("time to wait before the first reconnect, in milliseconds", {
    default: 100,
    placeholder: "ms",
    min: 1,
  }),
  // Calls succeed again within a second of a server's return.
  maxReconnectBackoffMs: integer("longest time to wait before a reconnect, in milliseconds", {
    default: 800,
    placeholder: "ms",
    min: 1,
  }),
  maxReceiveMessageBytes: integer("largest response, in bytes", { default: 4_194_304, placeholder: "bytes" }),
  maxSendMessageBytes: integer("largest request, in bytes", { default: MAX_TIMER_MS, placeholder: "bytes" }),
  compression: choice("compression of requests", {
    default: "identity",
    placeholder: "encoding",
    words: ["identity", "gzip"],
  }),
  userAgent: {
    ...text("prefix of the user-agent", { placeholder: "text" }),
    parse([text]) {
      checkHeaderText("", text);
      return text;
    },
    check: (value) => checkHeaderText("", value),
  },
};
