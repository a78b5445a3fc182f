import { constants, type ServerHttp2Session } from "node:http2";
import { countOpenStreams } from "./open-streams.js";
import { maxStreamId, sendShutdownNotice } from "./shutdown-notice.js";

/** Maximum wait for the client's last requests, in milliseconds. */
const maxWaitMs = 1_000;

/** Delay before the next attempt to write to a busy socket, in milliseconds. */
const busyDelayMs = 10;

/**
 * Makes a session close without losing a request (RFC 9113, section 6.8). Its `close` announces the shutdown, waits at
 * most a second until the client has read the announcement, and then lets the open streams finish.
 */
export function closeGracefully(session: ServerHttp2Session): void {
  const { close, goaway } = session;
  let closing = false;
  let debugData: NodeJS.ArrayBufferView | undefined;

  session.goaway = (code = constants.NGHTTP2_NO_ERROR, lastStreamId = 0, opaqueData) => {
    if (code === constants.NGHTTP2_NO_ERROR && lastStreamId === maxStreamId) {
      // grpc-js announces that it closes the session at its maximum age. `announce` sends this data instead.
      debugData = opaqueData;
    } else {
      goaway.call(session, code, lastStreamId, opaqueData);
    }
  };

  session.on("goaway", (code) => {
    if (code === constants.NGHTTP2_NO_ERROR) {
      // The client is closing the session. Without open streams, Node would not read its answer to a ping.
      finish();
    }
  });

  session.close = (callback) => {
    if (callback) {
      // Node would drop the callback if the session is destroyed but has not emitted "close" yet, and the shutdown of
      // grpc-js would wait forever.
      session.once("close", callback);
    }
    if (closing || session.closed || session.destroyed) {
      return;
    }
    closing = true;
    const timer = setTimeout(finish, maxWaitMs).unref();
    session.once("close", () => clearTimeout(timer));
    // Node sends pending frames just before immediates run, and SETTINGS must be the first frame.
    setImmediate(announce);
  };

  function announce(): void {
    if (session.closed || session.destroyed) {
      return;
    }
    switch (sendShutdownNotice(session, debugData)) {
      case "sent":
        session.ping(finish);
        break;
      case "busy":
        setTimeout(announce, busyDelayMs).unref();
        break;
      case "unsupported":
        finishDuringCall();
    }
  }

  /**
   * Waits for a call and sends GOAWAY while it is open. A client that sends one call at a time, like nginx, then reads
   * the GOAWAY before it sends another call. Calls of other clients that cross the GOAWAY are refused, and gRPC retries
   * them (gRFC A6).
   */
  function finishDuringCall(): void {
    if (countOpenStreams(session) > 0) {
      finish();
    } else {
      session.once("stream", finish);
    }
  }

  /**
   * Sends GOAWAY and closes the session. Without this GOAWAY, Node would refuse requests on the closed session by
   * freeing their streams while nghttp2 still uses them, which corrupts memory. After it, nghttp2 drops such requests
   * itself. The second GOAWAY, which `close` sends, contains the last accepted stream.
   */
  function finish(): void {
    if (!session.closed && !session.destroyed) {
      goaway.call(session, constants.NGHTTP2_NO_ERROR, maxStreamId, debugData);
      setImmediate(() => close.call(session));
    }
  }
}
