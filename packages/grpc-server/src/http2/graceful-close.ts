import { constants, type ServerHttp2Session } from "node:http2";
import { openStreams } from "./open-streams.js";
import { maxStreamId, sendShutdownNotice } from "./shutdown-notice.js";

/** Longest wait for the client's last requests. */
const lastRequestsMs = 1_000;

/** Interval at which a busy socket is tried again. */
const busyMs = 10;

/**
 * Closes a session without refusing a request (RFC 9113, section 6.8): announces the end, waits until the client has
 * heard of it, and then lets the open streams finish. A client that does not answer has a second.
 */
export function closeGracefully(session: ServerHttp2Session): void {
  const { close, goaway } = session;
  let closing = false;
  let debugData: NodeJS.ArrayBufferView | undefined;

  session.goaway = (code = constants.NGHTTP2_NO_ERROR, lastStreamId = 0, opaqueData) => {
    if (code === constants.NGHTTP2_NO_ERROR && lastStreamId === maxStreamId) {
      // grpc-js is about to close a connection that is too old. The announcement is ours.
      debugData = opaqueData;
    } else {
      goaway.call(session, code, lastStreamId, opaqueData);
    }
  };

  session.on("goaway", (code) => {
    if (code === constants.NGHTTP2_NO_ERROR) {
      // The client is leaving. Without open streams its answer to a ping would not even be read.
      finish();
    }
  });

  session.close = (callback) => {
    if (callback) {
      // Node would drop the callback of a session that is destroyed but whose end it has not reported yet, and grpc-js's
      // shutdown would wait for it forever.
      session.once("close", callback);
    }
    if (closing || session.closed || session.destroyed) {
      return;
    }
    closing = true;
    const timer = setTimeout(finish, lastRequestsMs).unref();
    session.once("close", () => clearTimeout(timer));
    // Frames are sent just before immediates run, and SETTINGS must be the first.
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
        setTimeout(announce, busyMs).unref();
        break;
      case "unsupported":
        finishDuringCall();
    }
  }

  /**
   * Waits for a call: a client with one call at a time, like nginx, then reads the GOAWAY before it sends another. The
   * calls of other clients that cross it are refused, and gRPC repeats those (gRFC A6).
   */
  function finishDuringCall(): void {
    if (openStreams(session) > 0) {
      finish();
    } else {
      session.once("stream", finish);
    }
  }

  /**
   * Node refuses a request on a closed session by freeing the stream while nghttp2 still uses it, which corrupts memory.
   * After the first GOAWAY, nghttp2 itself drops such requests; the second GOAWAY, which closing sends, names the last
   * accepted one.
   */
  function finish(): void {
    if (!session.closed && !session.destroyed) {
      goaway.call(session, constants.NGHTTP2_NO_ERROR, maxStreamId, debugData);
      setImmediate(() => close.call(session));
    }
  }
}
