import type { ServerHttp2Stream } from "node:http2";
import { type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";

/** What is known of a call when it has ended. */
export interface CallEnd {
  readonly code: status;
  readonly durationMs: number;
  /** Bytes of all its messages as on the wire, compressed where they were, without their framing. */
  readonly sentBytes: number;
  readonly receivedBytes: number;
}

/** What an interceptor is given: grpc-js's own call, with these two among its private parts. */
interface BaseCall {
  readonly stream: Omit<ServerHttp2Stream, "write"> & {
    /** Writes a message with its framing; grpc-js uses no other form. */
    write(message: Buffer, callback: (error?: Error | null) => void): boolean;
  };
  /** Cuts what is received into messages, each with its framing. */
  readonly decoder: { write(data: Buffer): Buffer[] };
}

/** Before each message: whether it is compressed, and its length in four bytes. */
const framingBytes = 5;

/**
 * Tells how a call ended, once its HTTP/2 stream is closed.
 *
 * What an interceptor may do is not enough: grpc-js itself answers a request that it cannot decode, a deadline that
 * passes and a response that it cannot encode, and shows no interceptor the bytes.
 */
export function observeCall(call: ServerInterceptingCallInterface, onEnd: (end: CallEnd) => void): void {
  const { stream, decoder } = call as unknown as BaseCall;
  const start = performance.now();
  let sentBytes = 0;
  let receivedBytes = 0;
  const { write } = stream;
  stream.write = (message, callback) => {
    sentBytes += message.length - framingBytes;
    return write.call(stream, message, callback);
  };
  const { write: decode } = decoder;
  decoder.write = (data) => {
    const messages = decode.call(decoder, data);
    for (const message of messages) {
      receivedBytes += message.length - framingBytes;
    }
    return messages;
  };
  stream.once("close", () => {
    const durationMs = performance.now() - start;
    const sent = stream.sentTrailers?.["grpc-status"] ?? stream.sentHeaders?.["grpc-status"];
    // Where the server has sent no status, the client has cancelled or the connection has broken.
    onEnd({ code: sent === undefined ? status.CANCELLED : Number(sent), durationMs, sentBytes, receivedBytes });
  });
}
