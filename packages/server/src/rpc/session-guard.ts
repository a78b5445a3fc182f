import { constants, type Http2Server, type ServerHttp2Session } from "node:http2";
import type { Limits } from "./limits.js";
import { releaseStreams } from "./open-streams.js";

/**
 * Mends what grpc-js and Node leave wanting in each connection of a server: a hostile client could bring the process
 * down, or never be bound by the server's limits, and a connection that is closing could lose the calls on it.
 */
export function guardSessions(server: Http2Server, { handshakeTimeoutMs }: Pick<Limits, "handshakeTimeoutMs">): void {
  // Before grpc-js, which must find what is put in place here.
  server.prependListener("session", (session) => {
    releaseStreams(session);
    deferDestroy(session);
    closeOnceAnnounced(session);
    pingOnlyWhileOpen(session);
    awaitSettings(session, handshakeTimeoutMs);
  });
}

/**
 * Destroys a session only after all that has been read is processed. A client that goes away with an error, or answers
 * a ping that was none, and then sends a request in the same breath, otherwise aborts the whole process on Node 22: the
 * request meets a session that is destroyed, and its body a stream that nobody knows.
 */
function deferDestroy(session: ServerHttp2Session): void {
  const { destroy } = session;
  session.destroy = (...args) => {
    setImmediate(() => destroy.apply(session, args));
  };
}

/**
 * Closes a session only once its client has been told. Node refuses a request that reaches a closed session in a way
 * that frees the stream under nghttp2's hands, which corrupts the memory of the process. After the GOAWAY, nghttp2
 * itself drops such requests, and the second one, which closing sends, names the last that was taken.
 */
function closeOnceAnnounced(session: ServerHttp2Session): void {
  const { close } = session;
  session.close = (callback) => {
    if (session.closed || session.destroyed) {
      return;
    }
    if (callback) {
      session.once("close", callback);
    }
    session.goaway(constants.NGHTTP2_NO_ERROR, 2 ** 31 - 1);
    // Frames are sent just before the immediates run.
    setImmediate(() => close.call(session));
  };
}

/** grpc-js pings a session that is closing too, cannot, and takes that for a dead peer: calls in flight would end. */
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

/** Ends a session whose client does not confirm the server's SETTINGS: until it does, they do not bind it. */
function awaitSettings(session: ServerHttp2Session, handshakeTimeoutMs: number): void {
  const timer = setTimeout(() => {
    session.destroy(new Error("the client does not confirm the SETTINGS"), constants.NGHTTP2_SETTINGS_TIMEOUT);
  }, handshakeTimeoutMs).unref();
  session.once("localSettings", () => clearTimeout(timer));
  session.once("close", () => clearTimeout(timer));
}
