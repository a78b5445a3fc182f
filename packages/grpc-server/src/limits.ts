import { integer, maxTimerMs, type OptionTable } from "@hello/grpc-common";

/** Limits that protect a server from its clients: see docs/limits.md. */
export interface Limits {
  /** Maximum size of a request message, in bytes. Default 4,194,304. A larger one fails with RESOURCE_EXHAUSTED. */
  readonly maxReceiveMessageBytes: number;
  /** Maximum size of the headers of a call, including metadata, in bytes as counted by RFC 9113. Default 16,384. */
  readonly maxHeaderBytes: number;
  /** Maximum number of unary calls in progress. Default 1,000. Further calls fail at once with RESOURCE_EXHAUSTED. */
  readonly maxConcurrentCalls: number;
  /**
   * Maximum number of streaming calls in progress. Default 10,000. Further calls fail at once with RESOURCE_EXHAUSTED.
   * The streams of health and reflection have a separate limit of the same size.
   */
  readonly maxStreamingCalls: number;
  /**
   * Maximum number of calls in progress on a connection. Default 100. The client queues further calls (RFC 9113,
   * section 5.1.2).
   */
  readonly maxConcurrentStreams: number;
  /** Maximum number of open connections on each address. Default 20,000. Further connections are closed at once. */
  readonly maxConnections: number;
  /**
   * Maximum time for the TLS handshake of a client or, without TLS, until its first byte, in milliseconds. Default
   * 10,000. The same limit then applies until the client acknowledges the server's SETTINGS.
   */
  readonly handshakeTimeoutMs: number;
  /**
   * Age at which a connection accepts no more calls and is closed, in milliseconds. Default 1,800,000 (30 minutes).
   * Varied randomly by up to a tenth. Makes clients discover new servers (gRFC A9).
   */
  readonly maxConnectionAgeMs: number;
  /** Maximum time for calls to finish on a connection of that age, in milliseconds. Default 30,000 (gRFC A9). */
  readonly maxConnectionAgeGraceMs: number;
  /** Time without a call after which a connection is closed, in milliseconds. Default 900,000 (gRFC A9). */
  readonly maxConnectionIdleMs: number;
  /** Interval between pings on a connection, which detect dead peers, in milliseconds. Default 60,000 (gRFC A8). */
  readonly keepaliveTimeMs: number;
  /** Maximum time for a peer to answer a ping, in milliseconds. Default 20,000 (gRFC A8). */
  readonly keepaliveTimeoutMs: number;
}

const limit = (help: string, placeholder: string, value: number, max = maxTimerMs) =>
  integer(help, { default: value, placeholder, min: 1, max });

/** Meaning, default and range of {@link Limits}. */
export const limitTable: OptionTable<Limits> = {
  maxConcurrentCalls: limit("maximum number of unary calls in progress", "calls", 1_000),
  maxStreamingCalls: limit("maximum number of streaming calls in progress", "calls", 10_000),
  maxConcurrentStreams: limit("maximum number of calls in progress on one connection", "calls", 100),
  maxConnections: limit("maximum number of open connections on each address", "connections", 20_000),
  maxReceiveMessageBytes: limit("maximum size of a request message", "bytes", 4 * 1024 * 1024),
  maxHeaderBytes: limit("maximum size of the headers of a call, including metadata", "bytes", 16 * 1024),
  // Ten times the duration of a handshake over a slow connection.
  handshakeTimeoutMs: limit("time that a client has to finish its handshake", "ms", 10_000),
  maxConnectionAgeMs: limit(
    "age at which a connection accepts no more calls",
    "ms",
    30 * 60_000,
    // Leaves room in the timer for the random variation.
    Math.floor(maxTimerMs / 1.1),
  ),
  maxConnectionAgeGraceMs: limit(
    "time for the calls of a connection to finish after it reaches that age",
    "ms",
    30_000,
  ),
  maxConnectionIdleMs: limit("time after which a connection without calls is closed", "ms", 15 * 60_000),
  keepaliveTimeMs: limit("interval between keepalive pings on a connection", "ms", 60_000),
  keepaliveTimeoutMs: limit("time to wait for the response to a keepalive ping", "ms", 20_000),
};
