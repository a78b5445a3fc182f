import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";

/** What came back of a call, as HTTP/2 has it. */
export interface RawResponse {
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** A gRPC message in its frame: not compressed, then its length, then itself. */
export function frame(message: Uint8Array): Buffer {
  const prefix = Buffer.alloc(5);
  prefix.writeUInt32BE(message.length, 1);
  return Buffer.concat([prefix, message]);
}

/** Calls a server with any bytes at all as the body: what no gRPC client would send. */
export async function rawCall(
  address: string,
  path: string,
  body: Buffer,
  more: Readonly<Record<string, string>> = {},
): Promise<RawResponse> {
  const session = connect(`http://${address}`);
  try {
    const request = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      ...more,
    });
    const headers: IncomingHttpHeaders = {};
    request.on("response", (response) => Object.assign(headers, response));
    request.on("trailers", (trailers) => Object.assign(headers, trailers));
    request.end(body);
    return { headers, body: await buffer(request) };
  } finally {
    session.close();
  }
}
