import { parseAddress } from "./rpc/address.js";
import { defaultLimits, type Limits } from "./rpc/limits.js";
import { type CheckedOption, integer, list, toggle } from "./rpc/options.js";
import type { ShutdownTimes } from "./rpc/shutdown.js";

/** How a server serves, be it in the server process or in another. */
export interface Serving extends Limits, ShutdownTimes {
  readonly addresses: readonly string[];
  readonly reflection: boolean;
}

/** What a timer can hold with the random tenth that comes on top. */
const maxAgeMs = Math.floor((2 ** 31 - 1) / 1.1);

const limit = (name: keyof Limits, placeholder: string, help: string, max?: number) =>
  integer(help, { default: defaultLimits[name], placeholder, min: 1, ...(max && { max }) });

/** Every option that a server has in code and as a process, once. */
export const servingOptions: { readonly [Name in keyof Serving]: CheckedOption<Serving[Name]> } = {
  addresses: list("where to listen: host:port, [IPv6]:port, :port or unix:/path", {
    default: ["[::]:50051"],
    placeholder: "address",
    flag: "address",
    check: parseAddress,
  }),
  shutdownDelayMs: integer("how long to accept calls after health has turned NOT_SERVING, for load balancers", {
    default: 0,
    placeholder: "ms",
  }),
  shutdownGraceMs: integer("how long calls in flight may then go on before they are cancelled", {
    default: 10_000,
    placeholder: "ms",
  }),
  maxConcurrentCalls: limit("maxConcurrentCalls", "calls", "most calls in progress at once"),
  maxConcurrentStreams: limit("maxConcurrentStreams", "calls", "most calls at once on one connection"),
  maxConnections: limit("maxConnections", "connections", "most connections at once on each address"),
  maxReceiveMessageBytes: limit("maxReceiveMessageBytes", "bytes", "largest request message"),
  maxHeaderBytes: limit("maxHeaderBytes", "bytes", "largest header list of a call, its metadata included"),
  handshakeTimeoutMs: limit("handshakeTimeoutMs", "ms", "how long a client may take for its handshake"),
  maxConnectionAgeMs: limit("maxConnectionAgeMs", "ms", "age at which a connection takes no more calls", maxAgeMs),
  maxConnectionAgeGraceMs: limit("maxConnectionAgeGraceMs", "ms", "how long its calls may then go on"),
  maxConnectionIdleMs: limit("maxConnectionIdleMs", "ms", "how long a connection may be without a call"),
  keepaliveTimeMs: limit("keepaliveTimeMs", "ms", "how often connections are pinged"),
  keepaliveTimeoutMs: limit("keepaliveTimeoutMs", "ms", "how long the answer to a ping may take"),
  reflection: toggle("do not tell clients which services there are (server reflection)", true),
};
