import type { Http2Server } from "node:http2";
import { Server, type ServerCredentials } from "@grpc/grpc-js";
import type { Limits } from "../limits.js";
import { checkMessages } from "./check-messages.js";
import { closeAnswered } from "./close-answered.js";
import { guardSessions } from "./session-guard.js";
import { guardStreams } from "./stream-guard.js";

/** Creates a grpc-js server that enforces the limits of messages, headers, streams and connections. */
export function createGrpcJsServer(limits: Limits): Server {
  const server = new Server({
    interceptors: [checkMessages, closeAnswered],
    // Channelz costs time and memory on every call.
    "grpc.enable_channelz": 0,
    "grpc.max_receive_message_length": limits.maxReceiveMessageBytes,
    "grpc.max_connection_age_ms": limits.maxConnectionAgeMs,
    "grpc.max_connection_age_grace_ms": limits.maxConnectionAgeGraceMs,
    "grpc.max_connection_idle_ms": limits.maxConnectionIdleMs,
    "grpc.keepalive_time_ms": limits.keepaliveTimeMs,
    "grpc.keepalive_timeout_ms": limits.keepaliveTimeoutMs,
  });
  // grpc-js has no option for the size of the header list. It passes this object to each HTTP/2 server that it creates.
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
  return server;
}
