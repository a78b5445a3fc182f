import { gzip } from "node:zlib";
import { type BaseCall, messagePrefixBytes } from "../http2/base-call.js";

/** Compressor of the responses of one call. */
export interface ResponseCompressor {
  /** True to compress the next response. */
  enabled: boolean;
}

/**
 * Compresses the responses of a call, which grpc-js cannot do. A response that would not get smaller is sent
 * uncompressed. The transport must take each response before the next one is sent.
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
      // sendMessage serializes the message again, and answers the failure with a status.
      sendMessage.call(call, message, callback);
      return;
    }
    gzip(plain.subarray(messagePrefixBytes), (error, compressed) => {
      const isSmaller = error === null && compressed.length < plain.length - messagePrefixBytes;
      const framed = isSmaller ? addPrefix(compressed) : plain;
      call.serializeMessage = () => {
        call.serializeMessage = serializeMessage;
        return framed;
      };
      // The call may have ended during compression.
      if (!call.wantTrailers) {
        sendMessage.call(call, message, callback);
      }
    });
  };
  return compressor;
}

/** Adds the prefix to a compressed message. */
function addPrefix(message: Buffer): Buffer {
  const framed = Buffer.allocUnsafe(messagePrefixBytes + message.length);
  framed.writeUInt8(1);
  framed.writeUInt32BE(message.length, 1);
  message.copy(framed, messagePrefixBytes);
  return framed;
}
