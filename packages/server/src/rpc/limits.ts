import type { Http2Server } from "node:http2";
import { Server, type ServerCredentials, type ServerInterceptor } from "@grpc/grpc-js";
import { inflateInTurn } from "./inflate-in-turn.js";
import { guardSessions } from "./session-guard.js";
import { guardStreams } from "./stream-guard.js";
import { interceptUnknownMethods } from "./unknown-method.js";

/** What bounds a server, whatever its clients do. Each has a finite default. */
export interface Limits {
  /** Largest request message, in bytes; a larger one fails with RESOURCE_EXHAUSTED. Default 4 MiB. */
  readonly maxReceiveMessageBytes: number;
  /** Largest header list of a call, its metadata included, in bytes as RFC 9113 counts them. Default 16 KiB. */
  readonly maxHeaderBytes: number;
  /** Most calls that handlers work on at once; one more fails at once with RESOURCE_EXHAUSTED. Default 1,000. */
  readonly maxConcurrentCalls: number;
  /** Most calls at once on one connection; its client keeps further ones waiting (RFC 9113, 5.1.2). Default 100. */
  readonly maxConcurrentStreams: number;
  /** Most connections at once; one more is closed as it comes. Default 20,000. */
  readonly maxConnections: number;
  /**
   * How long a client may take for its TLS handshake or, without TLS, until it says anything, and then as long again
   * until it confirms the server's SETTINGS, in milliseconds. Default 10 seconds: ten times what a handshake takes on a
   * slow line, and packets get lost.
   */
  readonly handshakeTimeoutMs: number;
  /**
   * Age at which a connection is closed once its calls are done, in milliseconds, give or take a random tenth. This is
   * what lets clients find new servers (gRFC A9). Default 30 minutes.
   */
  readonly maxConnectionAgeMs: number;
  /** How long the calls of a connection that is too old may go on, in milliseconds (gRFC A9). Default 30 seconds. */
  readonly maxConnectionAgeGraceMs: number;
  /** How long a connection may be without a call, in milliseconds (gRFC A9). Default 15 minutes. */
  readonly maxConnectionIdleMs: number;
  /** How often a connection is pinged, to reap dead peers, in milliseconds (gRFC A8). Default 1 minute. */
  readonly keepaliveTimeMs: number;
  /** How long a peer may take to answer a ping, in milliseconds (gRFC A8). Default 20 seconds. */
  readonly keepaliveTimeoutMs: number;
}

/** The defaults of {@link Limits}. */
export const defaultLimits: Limits = {
  maxReceiveMessageBytes: 4 * 1024 * 1024,
  maxHeaderBytes: 16 * 1024,
  maxConcurrentCalls: 1_000,
  maxConcurrentStreams: 100,
  maxConnections: 20_000,
  handshakeTimeoutMs: 10_000,
  maxConnectionAgeMs: 30 * 60_000,
  maxConnectionAgeGraceMs: 30_000,
  maxConnectionIdleMs: 15 * 60_000,
  keepaliveTimeMs: 60_000,
  keepaliveTimeoutMs: 20_000,
};

/**
 * Makes a grpc-js server that keeps the limits of messages, headers, streams and connections' lives. Its interceptors
 * see the calls of unknown methods too.
 */
export function createServer(limits: Limits, interceptors: ServerInterceptor[] = []): Server {
  const server = new Server({
    interceptors: [inflateInTurn, ...interceptors],
    // Costs time and memory on every call.
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": limits.maxReceiveMessageBytes,
    "grpc.max_connection_age_ms": limits.maxConnectionAgeMs,
    "grpc.max_connection_age_grace_ms": limits.maxConnectionAgeGraceMs,
    "grpc.max_connection_idle_ms": limits.maxConnectionIdleMs,
    "grpc.keepalive_time_ms": limits.keepaliveTimeMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
  });
  // grpc-js has no option for the header list, only this object which it gives to each HTTP/2 server that it makes.
  Object.assign(Reflect.get(server, "commonServerOptions") as object, {
    settings: { maxConcurrentStreams: limits.maxConcurrentStreams, maxHeaderListSize: limits.maxHeaderBytes },
  });
  const createHttp2Server: (credentials: ServerCredentials) => Http2Server = Reflect.get(server, "createHttp2Server");
  Object.assign(server, {
    createHttp2Server(credentials: ServerCredentials) {
      const http2Server = createHttp2Server.call(server, credentials);
      guardSessions(http2Server, limits);
      guardStreams(http2Server);
      return http2Server;
    },
  });
  if (interceptors.length > 0) {
    interceptUnknownMethods(server);
  }
  return server;
}
