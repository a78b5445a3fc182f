import type { ServerHttp2Stream } from "node:http2";
import type { ServerInterceptingCall, ServerInterceptor } from "@grpc/grpc-js";

/** Private parts of the call that grpc-js passes to an interceptor. */
interface BaseCall {
  readonly cancelled: boolean;
  readonly metadataSent: boolean;
  readonly receivedHalfClose: boolean;
  readonly stream: ServerHttp2Stream;
  sendStatus(status: unknown): void;
}

/**
 * Closes the stream of a call that is answered before its client has sent everything. Otherwise a client could go on
 * sending, and the stream would count as open, for as long as the connection lasts.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md#early-server-closure
 */
export const closeAnswered: ServerInterceptor = (_method, interceptedCall) => {
  (interceptedCall as unknown as BaseCall).sendStatus = sendLast;
  // The type is a class, but grpc-js needs only the interface.
  return interceptedCall as ServerInterceptingCall;
};

// A method of a call, so that a call allocates nothing for it.
function sendLast(this: BaseCall, status: unknown): void {
  const { cancelled, metadataSent, receivedHalfClose, stream } = this;
  (Object.getPrototypeOf(this) as BaseCall).sendStatus.call(this, status);
  if (cancelled || receivedHalfClose) {
    return;
  }
  if (metadataSent) {
    // Comes after the listener of grpc-js, which sends the trailers.
    stream.once("wantTrailers", () => closeOnceSent(stream));
  } else {
    closeOnceSent(stream);
  }
}

/** Turns of the event loop in which Node writes the status, unless the client reads too slowly. Two is usual. */
const writingTurns = 10;

/**
 * Closes a stream once its status has been written. If the client reads too slowly for that, the stream stays open, because
 * closing it would drop the status.
 */
function closeOnceSent(stream: ServerHttp2Stream, turns = writingTurns): void {
  setImmediate(() => {
    if (stream.state.localClose === 1) {
      stream.close();
    } else if (turns > 1) {
      closeOnceSent(stream, turns - 1);
    }
  });
}
