import type { ClientHttp2Session } from "node:http2";
import type { Socket } from "node:net";
import type { ChannelCredentials } from "@grpc/grpc-js";

/**
 * Guards the HTTP/2 sessions of a channel: calls on a connection that its server closes gracefully would end with
 * UNAVAILABLE at the next keepalive ping.
 */
export function guardSessions(credentials: ChannelCredentials): ChannelCredentials {
  const createConnector = credentials._createSecureConnector.bind(credentials);
  credentials._createSecureConnector = (...args) => {
    const connector = createConnector(...args);
    const connect = connector.connect.bind(connector);
    connector.connect = async (tcpSocket) => {
      const result = await connect(tcpSocket);
      // grpc-js creates the session as soon as it has the socket.
      setImmediate(() => {
        const session = sessionOf(result.socket);
        if (session) {
          pingOnlyWhileOpen(session);
        }
      });
      return result;
    };
    return connector;
  };
  return credentials;
}

/** Returns the session of a socket. Node keeps it in a property whose name differs between versions. */
function sessionOf(socket: Socket): ClientHttp2Session | undefined {
  return Reflect.ownKeys(socket)
    .map((key): unknown => Reflect.get(socket, key))
    .find(isSession);
}

function isSession(value: unknown): value is ClientHttp2Session {
  return typeof value === "object" && value !== null && "ping" in value && "request" in value;
}

/** Answers pings of grpc-js on a closing session: their failure would count as a dead peer and end the calls. */
function pingOnlyWhileOpen(session: ClientHttp2Session): void {
  const { ping } = session;
  session.ping = (...args: [unknown, unknown?]) => {
    if (session.closed) {
      const callback = args.at(-1) as (error: null, duration: number, payload: Buffer) => void;
      process.nextTick(callback, null, 0, Buffer.alloc(8));
      return true;
    }
    return Reflect.apply(ping, session, args);
  };
}
