import { constants, type Http2Server, type ServerHttp2Session } from "node:http2";
import { closeGracefully } from "./graceful-close.js";
import type { Limits } from "./limits.js";
import { releaseStreams } from "./open-streams.js";

/**
 * Guards each connection of a server against gaps in grpc-js and Node: a hostile client could crash the process or escape
 * the server's limits, and a closing connection could lose its calls.
 */
export function guardSessions(server: Http2Server, { handshakeTimeoutMs }: Pick<Limits, "handshakeTimeoutMs">): void {
  // Prepended, because grpc-js must find the guards in place.
  server.prependListener("session", (session) => {
    releaseStreams(session);
    deferDestroy(session);
    closeGracefully(session);
    pingOnlyWhileOpen(session);
    awaitSettings(session, handshakeTimeoutMs);
  });
}

/**
 * Destroys a session only after all that has been read is processed. On Node 22 a client that sends GOAWAY with an error,
 * or an unsolicited ping answer, and a request in the same packet would otherwise abort the process: the request meets a
 * destroyed session.
 */
function deferDestroy(session: ServerHttp2Session): void {
  const { destroy } = session;
  session.destroy = (...args) => {
    setImmediate(() => destroy.apply(session, args));
  };
}

/** Answers pings of grpc-js on a closing session: their failure would count as a dead peer and end the calls. */
function pingOnlyWhileOpen(session: ServerHttp2Session): void {
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

/** Ends a session whose client does not confirm the server's SETTINGS, which do not bind it until then. */
function awaitSettings(session: ServerHttp2Session, handshakeTimeoutMs: number): void {
  const timer = setTimeout(() => {
    session.destroy(new Error("the client does not confirm the SETTINGS"), constants.NGHTTP2_SETTINGS_TIMEOUT);
  }, handshakeTimeoutMs).unref();
  session.once("localSettings", () => clearTimeout(timer));
  session.once("close", () => clearTimeout(timer));
}
