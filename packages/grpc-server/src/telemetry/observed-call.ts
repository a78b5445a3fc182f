import type { ServerHttp2Stream } from "node:http2";
import { type ServerInterceptingCallInterface, status } from "@grpc/grpc-js";

/** Result of a call that has ended. */
export interface CallEnd {
  readonly code: status;
  readonly durationMs: number;
  /** Total size of the response messages on the wire in bytes: compressed if they were, and without framing. */
  readonly sentBytes: number;
  /** Total size of the request messages on the wire in bytes, measured in the same way. */
  readonly receivedBytes: number;
}

/** Private members of the call that grpc-js passes to an interceptor, through which its bytes pass. */
interface CallTransport {
  readonly stream: Omit<ServerHttp2Stream, "write"> & {
    /** Writes a message with its framing. grpc-js calls no other overload. */
    write(message: Buffer, callback: (error?: Error | null) => void): boolean;
  };
  /** Splits received data into messages, each with its framing. */
  readonly decoder: { write(data: Buffer): Buffer[] };
}

/**
 * Size of the framing before each message in bytes: a compression flag, and four bytes for the length of the message.
 */
const framingBytes = 5;

/**
 * Reports the end of a call once its HTTP/2 stream is closed.
 *
 * The interceptor interface does not suffice. Interceptors see no bytes, nor the statuses that grpc-js itself sends for
 * a request that it cannot decode, a response that it cannot encode, or a deadline that passes.
 */
export function observeCall(call: ServerInterceptingCallInterface, onEnd: (end: CallEnd) => void): void {
  const { stream, decoder } = call as unknown as CallTransport;
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
