import { checkOptions, integer, MAX_TIMER_MS, type OptionTable } from "@hello/grpc-common";

/** Limits of a server, which hold whatever its clients do. Each has a finite default: see docs/limits.md. */
export interface Limits {
  /** Largest request message, in bytes; a larger one fails with RESOURCE_EXHAUSTED. */
  readonly maxReceiveMessageBytes: number;
  /** Largest header list of a call, metadata included, in bytes as RFC 9113 counts them. */
  readonly maxHeaderBytes: number;
  /** Maximum of unary calls in progress; one more fails at once with RESOURCE_EXHAUSTED. */
  readonly maxConcurrentCalls: number;
  /**
   * Maximum of calls in progress with a stream of requests, responses, or both; one more fails at once with
   * RESOURCE_EXHAUSTED. Watches of health and reflection have the same limit for themselves.
   */
  readonly maxStreamingCalls: number;
  /** Maximum of calls in progress on one connection; its client queues further ones (RFC 9113, 5.1.2). */
  readonly maxConcurrentStreams: number;
  /** Maximum of open connections on each address; one more is closed at once. */
  readonly maxConnections: number;
  /**
   * Time that a client may take for its TLS handshake or, without TLS, until its first byte, and then again until it
   * confirms the server's SETTINGS, in milliseconds.
   */
  readonly handshakeTimeoutMs: number;
  /**
   * Age at which a connection is closed once its calls are done, in milliseconds, varied by a random tenth. Lets clients
   * find new servers (gRFC A9).
   */
  readonly maxConnectionAgeMs: number;
  /** Time that the calls of a connection have to finish at that age, in milliseconds (gRFC A9). */
  readonly maxConnectionAgeGraceMs: number;
  /** Time that a connection may be without a call, in milliseconds (gRFC A9). */
  readonly maxConnectionIdleMs: number;
  /** Interval at which connections are pinged, to close those of dead peers, in milliseconds (gRFC A8). */
  readonly keepaliveTimeMs: number;
  /** Time that a peer may take to answer a ping, in milliseconds (gRFC A8). */
  readonly keepaliveTimeoutMs: number;
}

const limit = (help: string, placeholder: string, value: number, max = MAX_TIMER_MS) =>
  integer(help, { default: value, placeholder, min: 1, max });

/** Meaning, default and range of {@link Limits}. */
export const limitTable: OptionTable<Limits> = {
  maxConcurrentCalls: limit("maximum number of unary calls in progress", "calls", 1_000),
  maxStreamingCalls: limit("maximum number of streaming calls in progress", "calls", 10_000),
  maxConcurrentStreams: limit("maximum number of calls in progress on one connection", "calls", 100),
  maxConnections: limit("maximum number of open connections on each address", "connections", 20_000),
  maxReceiveMessageBytes: limit("maximum size of a request message", "bytes", 4 * 1024 * 1024),
  maxHeaderBytes: limit("maximum size of the headers of a call, including metadata", "bytes", 16 * 1024),
  // Ten times a handshake on a slow line.
  handshakeTimeoutMs: limit("time that a client has to finish its handshake", "ms", 10_000),
  maxConnectionAgeMs: limit(
    "age at which a connection accepts no more calls",
    "ms",
    30 * 60_000,
    // The timer needs room for the random tenth.
    Math.floor(MAX_TIMER_MS / 1.1),
  ),
  maxConnectionAgeGraceMs: limit(
    "time for the calls of a connection to finish after it reaches that age",
    "ms",
    30_000,
  ),
  maxConnectionIdleMs: limit("time after which a connection without calls is closed", "ms", 15 * 60_000),
  keepaliveTimeMs: limit("interval between keepalive pings on a connection", "ms", 60_000),
  keepaliveTimeoutMs: limit("time to wait for the answer to a keepalive ping", "ms", 20_000),
};

/** Defaults of {@link Limits}. */
export const defaultLimits: Limits = checkOptions(limitTable, {});
