import { connect, constants, type IncomingHttpHeaders } from "node:http2";
import { buffer } from "node:stream/consumers";

/** Response to a call at the level of HTTP/2. */
export interface RawResponse {
  /** Headers and trailers, merged. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

/** Calls a method with arbitrary bytes as the body. */
export async function rawCall(
  address: string,
  path: string,
  body: Buffer,
  extraHeaders: Readonly<Record<string, string>> = {},
): Promise<RawResponse> {
  const session = connect(`http://${address}`);
  try {
    const request = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      ...extraHeaders,
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
