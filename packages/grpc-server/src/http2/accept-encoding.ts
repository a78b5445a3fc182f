import type { ServerHttp2Stream } from "node:http2";

/** Streams of the few clients that do not accept gzip. */
const withoutGzip = new WeakSet<ServerHttp2Stream>();

const listsGzip = /(^|,) *gzip *(,|$)/;

/** Records whether the `grpc-accept-encoding` of a client lists gzip. */
export function recordAcceptEncoding(stream: ServerHttp2Stream, encodings: string | string[] | undefined): void {
  if (!listsGzip.test(String(encodings))) {
    withoutGzip.add(stream);
  }
}

/** Returns whether the client of a stream accepts gzip. */
export function acceptsGzip(stream: ServerHttp2Stream): boolean {
  return !withoutGzip.has(stream);
}
