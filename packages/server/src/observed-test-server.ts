import { EventEmitter, once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect } from "node:http2";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { HelloRequest, type HelloResponse, HelloService } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";
import { captureLog, type LogLine } from "@hello/testing/captured-log";
import { bindWithClient } from "@hello/testing/grpc-server";
import { pino } from "pino";
import { createAdmission } from "./rpc/admission.js";
import { createServer, defaultLimits } from "./rpc/limits.js";
import { addServicer } from "./rpc/servicer.js";
import type { UnaryHandler } from "./rpc/unary.js";
import { activeSpan } from "./telemetry/logger.js";
import { observeCalls } from "./telemetry/observe-calls.js";

/** A server of one handler, observed, for the tests of this folder. */
export interface ObservedTestServer extends Disposable {
  /** Where it listens, as `127.0.0.1:port`. */
  readonly address: string;
  readonly log: readonly LogLine[];
  /** Resolves with the line of the next call that ends. */
  nextCall(): Promise<LogLine>;
  /** Calls, and resolves with the status once the server too is done. */
  call(name: string, metadata?: Metadata): Promise<status>;
}

/** Serves one handler on a real socket, observed. */
export async function serveObserved(handler: UnaryHandler<HelloRequest, HelloResponse>): Promise<ObservedTestServer> {
  const log = captureLog();
  const ends = new EventEmitter();
  const write = (text: string) => {
    log.write(text);
    const line = log.lines.at(-1);
    if (line?.msg === "call") {
      ends.emit("call", line);
    }
  };
  const nextEnd = () => once(ends, "call", { signal: AbortSignal.timeout(30_000) });
  const logger = pino({ level: "debug", mixin: activeSpan }, { write });
  const server = createServer(defaultLimits, observeCalls(logger));
  addServicer(server, HelloService, { hello: handler }, { admission: createAdmission(10), logger });
  const { address, client, [Symbol.dispose]: dispose } = await bindWithClient(server);
  return {
    address,
    log: log.lines,
    async nextCall() {
      const [line] = await nextEnd();
      return line;
    },
    async call(name, metadata = new Metadata()) {
      const ended = nextEnd();
      const code = await callUnary(client, HelloService.hello, new HelloRequest().setValue(name), { metadata }).then(
        () => status.OK,
        (error: ServiceError) => error.code,
      );
      await ended;
      return code;
    },
    [Symbol.dispose]: dispose,
  };
}

/** Opens a call by hand, to do with it what no gRPC client would. */
export function open(address: string, headers: Record<string, string> = {}): [ClientHttp2Session, ClientHttp2Stream] {
  const session = connect(`http://${address}`);
  session.on("error", () => {
    // The test breaks it.
  });
  const stream = session.request({
    ":method": "POST",
    ":path": HelloService.hello.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => {
    // As above.
  });
  return [session, stream];
}
