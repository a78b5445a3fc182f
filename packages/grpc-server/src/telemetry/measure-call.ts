import type { ServerHttp2Stream } from "node:http2";
import { type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";
import { type BaseCall, messagePrefixBytes } from "../http2/base-call.js";

/** Result of a call that has ended. */
export interface CallEnd {
  readonly code: status;
  readonly durationMs: number;
  /** Total size of the response messages on the wire in bytes: compressed if they were, and without their prefixes. */
  readonly sentBytes: number;
  /** Total size of the request messages on the wire in bytes, measured in the same way. */
  readonly receivedBytes: number;
}

/** Call of grpc-js, whose stream has only the overload through which the responses pass. */
interface MeasuredCall extends Omit<BaseCall, "stream"> {
  readonly stream: Omit<ServerHttp2Stream, "write"> & {
    /** Writes a message with its prefix. */
    write(message: Buffer, callback: (error?: Error | null) => void): boolean;
  };
}

/**
 * Measures a call, and reports its end once its HTTP/2 stream is closed.
 *
 * The interceptor interface does not suffice. Interceptors see no bytes, nor the statuses that grpc-js itself sends for
 * a request that it cannot decode, a response that it cannot encode, or a deadline that passes.
 */
export function measureCall(call: ServerInterceptingCallInterface, onEnd: (end: CallEnd) => void): void {
  const { stream, decoder } = call as ServerInterceptingCallInterface & MeasuredCall;
  const start = performance.now();
  let sentBytes = 0;
  let receivedBytes = 0;
  const { write } = stream;
  stream.write = (message, callback) => {
    sentBytes += message.length - messagePrefixBytes;
    return write.call(stream, message, callback);
  };
  const { write: decode } = decoder;
  decoder.write = (data) => {
    const messages = decode.call(decoder, data);
    for (const message of messages) {
      receivedBytes += message.length - messagePrefixBytes;
    }
    return messages;
  };
  stream.once("close", () => {
    const durationMs = performance.now() - start;
    const sent = stream.sentTrailers?.["grpc-status"] ?? stream.sentHeaders?.["grpc-status"];
    // Without a sent status, the client has cancelled or the connection has broken.
    onEnd({ code: sent === undefined ? status.CANCELLED : Number(sent), durationMs, sentBytes, receivedBytes });
  });
}
