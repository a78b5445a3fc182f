import { EventEmitter, once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import type { LogLine } from "@hello/testing/captured-log";
import { type EchoRequest, type EchoResponse, EchoService } from "@hello/testing/echo";
import type { UnaryHandler } from "../src/calls/handler-types.js";
import { serveEcho } from "./echo-server.js";

/** Server of one unary handler, with a log at debug level. */
export interface ObservedServer extends AsyncDisposable {
  /** Address, like `127.0.0.1:54321`. */
  readonly address: string;
  readonly log: readonly LogLine[];
  /** Resolves with the log line of the next call that ends. */
  nextCall(): Promise<LogLine>;
  /** Calls the handler, and resolves with the status once the server has logged the call. */
  call(value: string, metadata?: Metadata): Promise<status>;
}

/** Serves one unary handler and records the log. */
export async function serveObserved(unary: UnaryHandler<EchoRequest, EchoResponse>): Promise<ObservedServer> {
  const log: LogLine[] = [];
  const ends = new EventEmitter();
  const write = (text: string) => {
    const line = JSON.parse(text) as LogLine;
    log.push(line);
    if (line.msg === "call") {
      ends.emit("call", line);
    }
  };
  const nextEnd = () => once(ends, "call", { signal: AbortSignal.timeout(30_000) });
  const server = await serveEcho({ unary }, { level: "debug", write });
  return {
    address: server.address,
    log,
    async nextCall() {
      const [line] = await nextEnd();
      return line;
    },
    async call(value, metadata = new Metadata()) {
      const ended = nextEnd();
      const code = await server.unary(value, { metadata }).then(
        () => status.OK,
        (error: ServiceError) => error.code,
      );
      await ended;
      return code;
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Opens a call without a gRPC client, for requests that a client would not send. */
export function openRawCall(
  address: string,
  headers: Record<string, string> = {},
): [ClientHttp2Session, ClientHttp2Stream] {
  const session = connect(`http://${address}`);
  session.on("error", () => {
    // The test closes the session abruptly.
  });
  const stream = session.request({
    ":method": "POST",
    ":path": EchoService.unary.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => {
    // The test resets the stream.
  });
  return [session, stream];
}
