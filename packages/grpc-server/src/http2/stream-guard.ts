import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { status } from "@grpc/grpc-js";
import { maxTimerMs } from "@hello/grpc-common";
import { recordAcceptEncoding } from "./accept-encoding.js";

/** Listener of a server's "stream" event. */
type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Message encodings that grpc-js can decode. */
const encodings = ["identity", "deflate", "gzip"];

/** Longest timeout that a timer supports: 24 days. */
const longestTimeout = "2147483S";

const millisecondsOf: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 1e-6 };

/** Answers the requests that grpc-js would handle incorrectly, and passes the others to it. */
export function guardStreams(server: Http2Server): void {
  const listeners = server.listeners("stream") as StreamListener[];
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers) => {
    if (stream.closed) {
      // The client opened and reset the stream in the same packet. If grpc-js answered, the process would crash.
      discard(stream);
    } else if (acceptRequest(stream, headers)) {
      recordAcceptEncoding(stream, headers["grpc-accept-encoding"]);
      for (const listener of listeners) {
        listener(stream, headers);
      }
    }
  });
}

/** Returns whether grpc-js handles a request correctly. Otherwise answers it. */
function acceptRequest(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  if (headers[":method"] !== "POST") {
    discard(stream, { ":status": constants.HTTP_STATUS_METHOD_NOT_ALLOWED, allow: "POST" });
    return false;
  }
  const encoding = headers["grpc-encoding"];
  if (encoding !== undefined && !encodings.includes(String(encoding))) {
    // The response must list the supported encodings: https://github.com/grpc/grpc/blob/master/doc/compression.md
    const details = `unsupported grpc-encoding; supported encodings: ${encodings.join(", ")}`;
    sendTrailersOnly(stream, status.UNIMPLEMENTED, details, { "grpc-accept-encoding": encodings.join() });
    return false;
  }
  const timeout = headers["grpc-timeout"];
  return timeout === undefined || acceptTimeout(stream, headers, String(timeout));
}

/**
 * Returns whether a timeout is valid, and shortens it to 24 days. Otherwise answers the request. grpc-js would accept a
 * timeout with other characters around it, and treat one of more than 24 days as a deadline that has passed.
 */
function acceptTimeout(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, timeout: string): boolean {
  const [, digits, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? [];
  const ms = Number(digits) * (millisecondsOf[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) {
    sendTrailersOnly(stream, status.INTERNAL, "malformed grpc-timeout");
    return false;
  }
  if (ms > maxTimerMs) {
    headers["grpc-timeout"] = longestTimeout;
  }
  return true;
}

/** Sends a status without a message. */
function sendTrailersOnly(
  stream: ServerHttp2Stream,
  code: status,
  details: string,
  headers: OutgoingHttpHeaders = {},
): void {
  discard(stream, {
    ":status": constants.HTTP_STATUS_OK,
    "content-type": "application/grpc",
    "grpc-status": code,
    "grpc-message": details,
    ...headers,
  });
}

/** Ends a stream without reading it, with a response if one is passed. */
function discard(stream: ServerHttp2Stream, responseHeaders?: OutgoingHttpHeaders): void {
  stream.on("error", () => {
    // The stream is no longer used.
  });
  if (responseHeaders) {
    stream.respond(responseHeaders, { endStream: true });
  } else {
    stream.destroy();
  }
}
