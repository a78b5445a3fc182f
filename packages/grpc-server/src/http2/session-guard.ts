import { constants, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Limits } from "../limits.js";
import { closeGracefully } from "./graceful-close.js";
import { releaseStreams } from "./open-streams.js";

/**
 * Works around defects of grpc-js and Node on each connection of a server. Otherwise a hostile client could crash the
 * process or evade the limits of the server, and a closing connection could lose its calls.
 */
export function guardSessions(server: Http2Server, { handshakeTimeoutMs }: Pick<Limits, "handshakeTimeoutMs">): void {
  // Prepended, so that the guards are in place before grpc-js uses the session.
  server.prependListener("session", (session) => {
    releaseStreams(session);
    deferDestroy(session);
    closeGracefully(session);
    pingOnlyWhileOpen(session);
    requireSettingsAck(session, handshakeTimeoutMs);
  });
}

/**
 * Delays the destruction of a session until all frames that have been read are processed. A GOAWAY with an error, or an
 * unsolicited answer to a ping, destroys a session. On Node 22, a request in the same packet would then reach the
 * destroyed session and abort the process.
 */
function deferDestroy(session: ServerHttp2Session): void {
  const { destroy } = session;
  session.destroy = (...args) => {
    setImmediate(() => destroy.apply(session, args));
  };
}

/** Reports success for pings of grpc-js on a closing session, where they would fail and count as a dead peer. */
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

/** Destroys a session whose client does not acknowledge the SETTINGS in time, because they do not apply until then. */
function requireSettingsAck(session: ServerHttp2Session, handshakeTimeoutMs: number): void {
  const timer = setTimeout(() => {
    session.destroy(new Error("the client did not acknowledge SETTINGS"), constants.NGHTTP2_SETTINGS_TIMEOUT);
  }, handshakeTimeoutMs).unref();
  session.once("localSettings", () => clearTimeout(timer));
  session.once("close", () => clearTimeout(timer));
}
