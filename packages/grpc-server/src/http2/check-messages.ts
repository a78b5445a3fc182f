import { type ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";

/** Private parts of the call that grpc-js passes to an interceptor. */
interface BaseCall {
  readonly cancelled: boolean;
  readonly incomingEncoding: string;
  /** Decoder of the requests. Its state is 0 between two messages. */
  readonly decoder: { readonly readState: number };
  decompressMessage(message: Buffer, encoding: string): Buffer | Promise<Buffer>;
  handleEndEvent(): void;
  sendStatus(status: Failure): void;
}

/** Status as grpc-js sends it. */
interface Failure {
  readonly code: status;
  readonly details: string;
  readonly metadata: null;
}

const internal = (details: string): Failure => ({ code: status.INTERNAL, details, metadata: null });

/**
 * Refuses messages whose framing breaks the protocol, which grpc-js takes for uncompressed or complete ones, and
 * decompresses the messages of a call one after another.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/compression.md
 */
export const checkMessages: ServerInterceptor = (_method, interceptedCall) => {
  const call = interceptedCall as unknown as BaseCall;
  call.handleEndEvent = endComplete;
  call.decompressMessage = call.incomingEncoding === "identity" ? refuseCompressed : decompressSequentially(call);
  // The type is a class, but grpc-js needs only the interface.
  return interceptedCall as ServerInterceptingCall;
};

// These two are methods of a call, so that a call without compression allocates nothing for them.

function endComplete(this: BaseCall): void {
  if (this.decoder.readState !== 0 && !this.cancelled) {
    this.sendStatus(internal("the last request is incomplete"));
  } else {
    prototypeOf(this).handleEndEvent.call(this);
  }
}

function refuseCompressed(this: BaseCall, message: Buffer): Buffer | Promise<Buffer> {
  const [flag] = message;
  if (flag === 0) {
    return message.subarray(5);
  }
  return Promise.reject(
    internal(flag === 1 ? "a request is compressed, but has no grpc-encoding" : `invalid compressed flag ${flag}`),
  );
}

/**
 * Decompresses one message after another, until one fails or the call has ended. grpc-js decompresses all messages of a
 * frame at once: an empty one takes 5 bytes there and 16 KiB of memory here, and 50 KiB of them stop the process for half a
 * second.
 */
function decompressSequentially(call: BaseCall): BaseCall["decompressMessage"] {
  let last: Promise<unknown> = Promise.resolve();
  return (message, encoding) => {
    const next = last.then(() => {
      if (call.cancelled) {
        throw new Error("the call has ended");
      }
      const [flag = 0] = message;
      return flag > 1
        ? Promise.reject(internal(`invalid compressed flag ${flag}`))
        : prototypeOf(call).decompressMessage.call(call, message, encoding);
    });
    last = next;
    return next;
  };
}

function prototypeOf(call: BaseCall): BaseCall {
  return Object.getPrototypeOf(call) as BaseCall;
}
