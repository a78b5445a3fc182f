import { choice, integer, type Optional, type OptionTable, text, toggle } from "@hello/grpc-common";
import type { ResilienceOptions } from "../service-config/resilience-options.js";
import type { Token } from "./bearer-token.js";
import type { ChannelOptions } from "./channel-options.js";
import { checkHeaderText } from "./header-text.js";
import type { TlsOptions } from "./transport-security.js";

/** Options with a single value. {@link clientOptionTable} has their defaults and ranges. */
interface ScalarOptions {
  /** Timeout of a call in milliseconds, including retries. A call can set its own. Default 5,000. */
  readonly timeoutMs: number;
  /**
   * Waits for a connection until the deadline, instead of failing with UNAVAILABLE while there is none. Default: false.
   */
  readonly waitForReady: boolean;
  /**
   * Allows a token, or `authorization` in the metadata of a call, to be sent without `tls`, where it can be read in
   * transit. Meant for tests, and for a proxy on the same machine that adds TLS. Default: false.
   */
  readonly allowPlaintextToken: boolean;
  /** Number of connections to each address, from 1 to 1,000. Calls use them in turn. Default 1. */
  readonly connections: number;
  /**
   * Load-balancing policy: `round_robin` over the addresses of the target, or `pick_first`, which stays with one.
   * Default: `round_robin`.
   */
  readonly loadBalancing: "round_robin" | "pick_first";
  /**
   * Interval of keepalive pings on a connection with open calls, in milliseconds; 0 turns all pings off. By default,
   * gRPC servers allow one ping every five minutes. In addition, a call that receives no data causes a ping after
   * 250 ms. Default 330,000.
   */
  readonly keepaliveTimeMs: number;
  /**
   * Time to wait for the response to a ping before the connection counts as lost, in milliseconds. Leave enough time for
   * a retry within `timeoutMs`. Default 2,000.
   */
  readonly keepaliveTimeoutMs: number;
  /** Also pings connections without open calls. Servers may reject that. Default: false. */
  readonly keepaliveWithoutCalls: boolean;
  /**
   * Delay before the first reconnect attempt, in milliseconds. Each attempt multiplies it by 1.6, with 20 % jitter.
   * Default 100.
   */
  readonly initialReconnectBackoffMs: number;
  /** Maximum delay before a reconnect attempt, in milliseconds. Default 800, but at least the initial delay. */
  readonly maxReconnectBackoffMs: number;
  /** Maximum size of a response, in bytes. A larger one fails the call with RESOURCE_EXHAUSTED. Default 4,194,304. */
  readonly maxReceiveMessageBytes: number;
  /** Maximum size of a request, in bytes. A larger one fails the call with RESOURCE_EXHAUSTED. Default 2,147,483,647. */
  readonly maxSendMessageBytes: number;
  /**
   * Compression of requests. If the server does not accept it, later calls are not compressed. Default: `identity`.
   */
  readonly compression: "identity" | "gzip";
  /** Prefix of the `user-agent` of grpc-js, in printable ASCII, like `billing/1.2`. Default: none. */
  readonly userAgent: string | undefined;
}

/** Values of the scalar options, with defaults applied. */
export type ClientOptionValues = ScalarOptions;

/** Options of a client, or of a channel that several clients share. All are optional. */
export interface ClientOptions extends Optional<ScalarOptions>, ResilienceOptions {
  /** Transport security. `true` trusts the certificate authorities of Node. Default: false, plain text. */
  readonly tls?: boolean | TlsOptions | undefined;
  /** Token to send with every call as `authorization: Bearer …`. Requires `tls` or `allowPlaintextToken`. Default: none. */
  readonly token?: Token | undefined;
  /** Further options of grpc-js, by the names that grpc-js gives them. Default: none. */
  readonly channelOptions?: ChannelOptions | undefined;
}

/** Scalar options of a client: meaning, default and range. */
export const clientOptionTable: OptionTable<ClientOptionValues> = {
  timeoutMs: integer("timeout of a call, in milliseconds", { default: 5_000, placeholder: "ms", min: 1 }),
  waitForReady: toggle("wait for a connection until the deadline instead of failing at once", false),
  allowPlaintextToken: toggle("allow credentials to be sent without TLS", false),
  connections: integer("number of connections to each address", {
    default: 1,
    placeholder: "number",
    min: 1,
    max: 1_000,
  }),
  loadBalancing: choice("load-balancing policy for the addresses of the target", {
    default: "round_robin",
    placeholder: "policy",
    words: ["round_robin", "pick_first"],
  }),
  // More than the five minutes that gRPC servers require, less than the 350 seconds after which AWS drops connections.
  keepaliveTimeMs: integer("interval of pings on a connection with open calls, in milliseconds; 0: never", {
    default: 330_000,
    placeholder: "ms",
  }),
  keepaliveTimeoutMs: integer("time to wait for the response to a ping, in milliseconds", {
    default: 2_000,
    placeholder: "ms",
    min: 1,
  }),
  keepaliveWithoutCalls: toggle("also ping connections without open calls", false),
  initialReconnectBackoffMs: integer("delay before the first reconnect attempt, in milliseconds", {
    default: 100,
    placeholder: "ms",
    min: 1,
  }),
  // Short enough that calls succeed within a second after a server comes back.
  maxReconnectBackoffMs: integer("maximum delay before a reconnect attempt, in milliseconds", {
    default: 800,
    placeholder: "ms",
    min: 1,
  }),
  maxReceiveMessageBytes: integer("maximum size of a response, in bytes", { default: 4_194_304, placeholder: "bytes" }),
  maxSendMessageBytes: integer("maximum size of a request, in bytes", { default: 2_147_483_647, placeholder: "bytes" }),
  compression: choice("compression of requests", {
    default: "identity",
    placeholder: "encoding",
    words: ["identity", "gzip"],
  }),
  userAgent: {
    ...text("prefix of the user-agent header", { placeholder: "text" }),
    parse([text]) {
      checkHeaderText("", text);
      return text;
    },
    check: (value) => checkHeaderText("", value),
  },
};
