import {
  constants,
  type Http2Server,
  type IncomingHttpHeaders,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { status } from "@grpc/grpc-js";
import { MAX_TIMER_MS } from "@hello/grpc-common";
import { recordAcceptEncoding } from "../calls/compress-responses.js";

/** Listener of a server's "stream" event. */
type StreamListener = (stream: ServerHttp2Stream, headers: IncomingHttpHeaders) => void;

/** Message encodings that grpc-js can read. */
const encodings = ["identity", "deflate", "gzip"];

/** Longest duration of a timer, 24 days, in the longest unit of a timeout that fits. */
const longestTimeout = "2147483S";

const millisecondsOf: Readonly<Record<string, number>> = { H: 3_600_000, M: 60_000, S: 1_000, m: 1, u: 0.001, n: 1e-6 };

/** Passes to grpc-js only the requests that it answers correctly, and answers the others. */
export function guardStreams(server: Http2Server): void {
  const listeners = server.listeners("stream") as StreamListener[];
  server.removeAllListeners("stream");
  server.on("stream", (stream, headers) => {
    if (stream.closed) {
      // Its client has opened and reset it in the same packet. If grpc-js answered, the process would end.
      discard(stream);
    } else if (isAcceptable(stream, headers)) {
      recordAcceptEncoding(stream, headers["grpc-accept-encoding"]);
      for (const listener of listeners) {
        listener(stream, headers);
      }
    }
  });
}

function isAcceptable(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  if (headers[":method"] !== "POST") {
    discard(stream, { ":status": constants.HTTP_STATUS_METHOD_NOT_ALLOWED, allow: "POST" });
    return false;
  }
  const encoding = headers["grpc-encoding"];
  if (encoding !== undefined && !encodings.includes(String(encoding))) {
    // https://github.com/grpc/grpc/blob/master/doc/compression.md: the client must learn what it may send instead.
    const details = `unsupported grpc-encoding; supported encodings: ${encodings.join(", ")}`;
    refuse(stream, status.UNIMPLEMENTED, details, { "grpc-accept-encoding": encodings.join() });
    return false;
  }
  const timeout = headers["grpc-timeout"];
  return timeout === undefined || isTimeoutAcceptable(stream, headers, String(timeout));
}

/** Checks the timeout: grpc-js ignores garbage around it, and takes more than 24 days for a deadline that has passed. */
function isTimeoutAcceptable(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, timeout: string): boolean {
  const [, digits, unit = ""] = /^(\d{1,8})([HMSmun])$/.exec(timeout) ?? [];
  const ms = Number(digits) * (millisecondsOf[unit] ?? Number.NaN);
  if (Number.isNaN(ms)) {
    refuse(stream, status.INTERNAL, "the grpc-timeout is malformed");
    return false;
  }
  if (ms > MAX_TIMER_MS) {
    headers["grpc-timeout"] = longestTimeout;
  }
  return true;
}

/** Answers with only a status. */
function refuse(stream: ServerHttp2Stream, code: status, details: string, headers: OutgoingHttpHeaders = {}): void {
  discard(stream, {
    ":status": constants.HTTP_STATUS_OK,
    "content-type": "application/grpc",
    "grpc-status": code,
    "grpc-message": details,
    ...headers,
  });
}

/** Ends a stream without reading it, with an answer if there is one. */
function discard(stream: ServerHttp2Stream, answer?: OutgoingHttpHeaders): void {
  stream.on("error", () => {
    // Nobody waits for this stream any more.
  });
  if (answer) {
    stream.respond(answer, { endStream: true });
  } else {
    stream.destroy();
  }
}
