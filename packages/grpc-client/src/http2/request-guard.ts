import { type ClientHttp2Session, type ClientHttp2Stream, constants, type OutgoingHttpHeaders } from "node:http2";
import { Duplex } from "node:stream";
import { status } from "@grpc/grpc-js";
import { fieldOverheadBytes, reasonOf } from "@hello/grpc-common";
import { maxMetadataBytes } from "../metadata/metadata-entry.js";

/**
 * Fails a call whose headers cannot be sent, without affecting other calls of its session. If Node rejects the headers,
 * grpc-js would end the session and repeat the call on a new one forever. If they are too large, many servers would end
 * the connection.
 */
export function guardRequests(session: ClientHttp2Session): void {
  const request = session.request.bind(session);
  session.request = (headers = {}, options) => {
    const accepted = session.remoteSettings.maxHeaderListSize ?? maxMetadataBytes;
    const limit = Math.min(accepted, maxMetadataBytes);
    const bytes = countHeaderBytes(headers);
    if (bytes > limit) {
      const reason = accepted > limit ? `and the limit is ${limit}` : `and the limit of the server is ${limit}`;
      return reject(status.RESOURCE_EXHAUSTED, `the metadata is too large: ${bytes} bytes, ${reason}`);
    }
    try {
      return request(headers, options);
    } catch (error) {
      if (session.closed || session.destroyed) {
        throw error;
      }
      return reject(status.INTERNAL, `failed to send the metadata: ${reasonOf(error)}`);
    }
  };
}

/** Returns the size of headers as HTTP/2 counts it, in bytes: RFC 9113, section 10.5.1. */
function countHeaderBytes(headers: OutgoingHttpHeaders): number {
  let bytes = 0;
  for (const name in headers) {
    const value = headers[name];
    if (Array.isArray(value)) {
      for (const part of value) {
        bytes += name.length + part.length + fieldOverheadBytes;
      }
    } else {
      bytes += name.length + String(value).length + fieldOverheadBytes;
    }
  }
  return bytes;
}

function reject(code: status, details: string): ClientHttp2Stream {
  return new RejectedStream(code, details) as Duplex as ClientHttp2Stream;
}

/** Stream that is never sent and ends with a status, like a response from a server. */
class RejectedStream extends Duplex {
  readonly rstCode = constants.NGHTTP2_NO_ERROR;

  constructor(code: status, details: string) {
    super({ read() {}, write: (_chunk, _encoding, callback) => callback() });
    const headers = { "grpc-status": String(code), "grpc-message": encodeURI(details) };
    process.nextTick(() => {
      this.emit("response", headers, constants.NGHTTP2_FLAG_END_STREAM);
      this.close();
    });
  }

  close(): void {
    this.destroy();
  }
}
