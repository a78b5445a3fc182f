import type { ServerHttp2Stream } from "node:http2";
import { gzip } from "node:zlib";
import type { BaseCall } from "./base-call.js";

/** Compressor of the responses of one call. */
export interface ResponseCompressor {
  /** Whether the next response is compressed. */
  enabled: boolean;
}

/** Streams of clients that do not accept gzip. Nearly all do. */
const withoutGzip = new WeakSet<ServerHttp2Stream>();

const listsGzip = /(^|,) *gzip *(,|$)/;

/** Records the encodings that a client accepts, as its `grpc-accept-encoding` lists them. */
export function recordAcceptEncoding(stream: ServerHttp2Stream, encodings: string | string[] | undefined): void {
  if (!listsGzip.test(String(encodings))) {
    withoutGzip.add(stream);
  }
}

/** Tells whether the client of a stream accepts gzip. */
export function acceptsGzip(stream: ServerHttp2Stream): boolean {
  return !withoutGzip.has(stream);
}

/** Length of the framing before each message: a flag for compression, and the message's length in four bytes. */
const framingBytes = 5;

/**
 * Compresses the responses of a call, which grpc-js by itself does not. A response that would not get smaller goes out as
 * it is. One response must have been taken before the next is sent.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/compression.md
 */
export function compressResponses(call: BaseCall): ResponseCompressor {
  const compressor = { enabled: true };
  const { sendMessage, serializeMessage } = call;
  call.sendMessage = (message, callback) => {
    if (!compressor.enabled) {
      sendMessage.call(call, message, callback);
      return;
    }
    let plain: Buffer;
    try {
      plain = serializeMessage.call(call, message);
    } catch {
      // Fails once more, and is answered.
      sendMessage.call(call, message, callback);
      return;
    }
    gzip(plain.subarray(framingBytes), (error, compressed) => {
      const isSmaller = error === null && compressed.length < plain.length - framingBytes;
      const framed = isSmaller ? frame(compressed) : plain;
      call.serializeMessage = () => {
        call.serializeMessage = serializeMessage;
        return framed;
      };
      // The deadline may have passed meanwhile.
      if (!call.wantTrailers) {
        sendMessage.call(call, message, callback);
      }
    });
  };
  return compressor;
}

/** Frames a compressed message. */
function frame(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(framingBytes + message.length);
  framed.writeUInt8(1);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, framingBytes);
  return framed;
}
