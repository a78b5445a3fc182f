import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";
import type { BaseCall, SentStatus } from "./base-call.js";

/**
 * Closes the stream of a call that is answered before its client has sent everything. Otherwise the client could
 * continue to send, and the stream would count as open, until the connection is closed.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#early-server-closure
 */
export const closeAnswered: ServerInterceptor = (_method, interceptedCall) => {
  (interceptedCall as BaseCall).sendStatus = sendStatusAndClose;
  // The declared type is a class, but grpc-js uses only its interface.
  return interceptedCall as ServerInterceptingCall;
};

// Uses `this`, so that a call allocates no closure.
function sendStatusAndClose(this: BaseCall, status: SentStatus): void {
  const { cancelled, metadataSent, receivedHalfClose, stream } = this;
  (Object.getPrototypeOf(this) as BaseCall).sendStatus.call(this, status);
  if (cancelled || receivedHalfClose) {
    return;
  }
  if (metadataSent) {
    // Runs after the listener of grpc-js, which sends the trailers.
    stream.once("wantTrailers", () => closeOnceSent(stream));
  } else {
    closeOnceSent(stream);
  }
}

/** Turns of the event loop within which Node writes the status unless the client reads slowly. It usually takes two. */
const maxTurns = 10;

/**
 * Closes a stream once its status has been written. If the client reads too slowly, the stream stays open, because
 * closing it would drop the status.
 */
function closeOnceSent(stream: ServerHttp2Stream, turns = maxTurns): void {
  setImmediate(() => {
    if (stream.state.localClose === 1) {
      stream.close();
    } else if (turns > 1) {
      closeOnceSent(stream, turns - 1);
    }
  });
}
