import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import { type ChannelCredentials, experimental } from "@grpc/grpc-js";
import { closeWhenLost, type PingSettings } from "./lost-connection.js";
import { guardRequests } from "./request-guard.js";
import { addPingRejection, isTooManyPings } from "./too-many-pings.js";

/**
 * Guards the HTTP/2 sessions of a channel: closes lost connections, slows down pings that the server rejects, and fails
 * requests that cannot be sent.
 */
export function guardSessions(credentials: ChannelCredentials): ChannelCredentials {
  const createConnector = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (target, options, ...args) => {
    const connector = createConnector(target, options, ...args);
    const connect = connector.connect.bind(connector);
    const settings: PingSettings = {
      keepaliveTimeMs: options["grpc.keepalive_time_ms"] ?? 0,
      keepaliveTimeoutMs: options["grpc.keepalive_timeout_ms"] ?? 0,
      slowdown: 1,
    };
    connector.connect = async (tcpSocket) => {
      const result = await connect(tcpSocket);
      // grpc-js creates the session as soon as it has the socket.
      setImmediate(() => {
        const session = findSession(result.socket);
        if (session === undefined) {
          return;
        }
        if (settings.keepaliveTimeMs > 0) {
          closeWhenLost(session, result.socket, settings);
        }
        guardRequests(session);
        // grpc-js removes all listeners when the SETTINGS frame arrives.
        session.once("remoteSettings", () => {
          session.once("goaway", (code, _, data) => {
            if (isTooManyPings(code, data)) {
              settings.slowdown *= 2;
              addPingRejection(experimental.uriToString(target));
            }
          });
        });
      });
      return result;
    };
    return connector;
  };
  return credentials;
}

/** Returns the session of a socket. Node stores it in a property whose name depends on the version. */
function findSession(socket: Socket): ClientHttp2Session | undefined {
  return Reflect.ownKeys(socket)
    .map((key): unknown => Reflect.get(socket, key))
    .find(isSession);
}

function isSession(value: unknown): value is ClientHttp2Session {
  return typeof value === "object" && value !== null && "ping" in value && "request" in value;
}
