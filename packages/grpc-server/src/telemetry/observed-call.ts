import type { ServerHttp2Stream } from "node:http2";
import { type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";

/** Result of a call that has ended. */
export interface CallEnd {
  readonly code: status;
  readonly durationMs: number;
  /** Total bytes of the responses as on the wire, compressed if they were, without their framing. */
  readonly sentBytes: number;
  /** Total bytes of the requests, measured alike. */
  readonly receivedBytes: number;
}

/** Private parts of the call that grpc-js passes to an interceptor. */
interface BaseCall {
  readonly stream: Omit<ServerHttp2Stream, "write"> & {
    /** Writes a message with its framing; grpc-js uses no other form. */
    write(message: Buffer, callback: (error?: Error | null) => void): boolean;
  };
  /** Splits received data into messages, each with its framing. */
  readonly decoder: { write(data: Buffer): Buffer[] };
}

/** Length of the framing before each message: a flag for compression, and the message's length in four bytes. */
const framingBytes = 5;

/**
 * Reports how a call ended, once its HTTP/2 stream is closed.
 *
 * The interceptor interface is not enough: grpc-js itself answers a request that it cannot decode, a deadline that passes
 * and a response that it cannot encode, and shows no interceptor the bytes.
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
    // Without a sent status, the client has cancelled or the connection has broken.
    onEnd({ code: sent === undefined ? status.CANCELLED : Number(sent), durationMs, sentBytes, receivedBytes });
  });
}
