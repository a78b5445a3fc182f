import { type ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { type BaseCall, messagePrefixBytes } from "./base-call.js";

const internalStatus = (details: string) => ({ code: status.INTERNAL, details, metadata: null });

/**
 * Rejects messages whose framing violates the protocol, which grpc-js would accept as uncompressed or complete, and
 * decompresses the messages of a call one after another.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/compression.md
 */
export const checkMessages: ServerInterceptor = (_method, interceptedCall) => {
  const call = interceptedCall as BaseCall;
  call.handleEndEvent = handleEnd;
  call.decompressMessage = call.incomingEncoding === "identity" ? rejectCompressed : decompressSequentially(call);
  // The declared type is a class, but grpc-js uses only its interface.
  return interceptedCall as ServerInterceptingCall;
};

// These two functions use `this`, so that a call without compression allocates no closures.

function handleEnd(this: BaseCall): void {
  if (this.decoder.readState !== 0 && !this.cancelled) {
    this.sendStatus(internalStatus("the last request message is incomplete"));
  } else {
    prototypeOf(this).handleEndEvent.call(this);
  }
}

function rejectCompressed(this: BaseCall, message: Buffer): Buffer | Promise<Buffer> {
  const [flag] = message;
  if (flag === 0) {
    return message.subarray(messagePrefixBytes);
  }
  return Promise.reject(
    internalStatus(flag === 1 ? "compressed request message without grpc-encoding" : `invalid compressed flag ${flag}`),
  );
}

/**
 * Creates a function that decompresses one message after another, until one fails or the call has ended. Otherwise
 * grpc-js would decompress all messages of a frame at the same time. An empty message takes 5 bytes in the frame and 16
 * KiB of memory, so a frame of 50 KiB would block the process for half a second.
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
        ? Promise.reject(internalStatus(`invalid compressed flag ${flag}`))
        : prototypeOf(call).decompressMessage.call(call, message, encoding);
    });
    last = next;
    return next;
  };
}

function prototypeOf(call: BaseCall): BaseCall {
  return Object.getPrototypeOf(call) as BaseCall;
}
