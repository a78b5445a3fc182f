/** Statuses that a server answers, as they are on the wire. */
import { connect, constants } from "node:http2";
import { status } from "@grpc/grpc-js";
import {
  type Authorize,
  allowPrincipals,
  badRequest,
  bindService,
  createServer,
  type ServerOptions,
  StatusError,
  type UnaryHandler,
} from "@hello/grpc-server";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { message } from "@hello/testing/http2-frames";
import { decode, decodeError, encode, encodeField } from "@hello/testing/reflection-messages";
import type { Chapter, Example, Section } from "./catalogue.js";

const columns = ["what happens", "status"];
const { unary, serverStream } = EchoService;
const request = message(new EchoRequest().setValue("World").serializeBinary());
const never = () => new Promise<never>(() => {});

/** Collects the statuses of a server. */
export async function collectServerStatuses(): Promise<Chapter> {
  return {
    title: "Statuses of a server",
    text: "Status and `grpc-message` that a client of any language receives.",
    sections: [
      await collectProtocolStatuses(),
      await collectHandlerStatuses(),
      await collectAuthorizationStatuses(),
      await collectStandardStatuses(),
    ],
  };
}

/** Server of the Echo service whose unary method runs a handler of the example. */
interface EchoServer extends AsyncDisposable {
  /** Calls, and returns the status as an example. */
  call(cause: string, options?: RawCall): Promise<Example>;
  shutdown(): Promise<void>;
}

/** Call by bare HTTP/2. */
interface RawCall {
  readonly path?: string;
  readonly body?: Uint8Array;
  readonly headers?: Readonly<Record<string, string>>;
  /** Number of calls to make before, which stay open. */
  readonly openCalls?: number;
}

type Handler = UnaryHandler<EchoRequest, EchoResponse>;

async function serve(handler: Handler = never, options: Partial<ServerOptions<unknown>> = {}): Promise<EchoServer> {
  const services = [bindService(EchoService, { ...echoServicer, unary: handler, serverStream: endless })];
  const server = createServer<unknown>({ addresses: ["127.0.0.1:0"], services, shutdownGraceMs: 0, ...options });
  const [address = ""] = await server.start();
  const session = connect(`http://${address}`);
  const open = ({ path = unary.path, body = request, headers = {} }: RawCall) => {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: path,
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
      ...headers,
    });
    stream.on("error", () => {
      // The end of the session ends the calls that are open.
    });
    return stream.end(body);
  };
  return {
    async call(cause, { openCalls = 0, ...options } = {}) {
      const others = Array.from({ length: openCalls }, () => open(options));
      const stream = open(options);
      const received = await new Promise<Record<string, unknown>>((resolve) => {
        const isLast = (headers: object) => "grpc-status" in headers || !("content-type" in headers);
        stream.on("response", (headers) => isLast(headers) && resolve(headers));
        stream.on("trailers", resolve);
        stream.on("close", () => resolve({}));
        stream.resume();
      });
      for (const other of others) {
        other.close();
      }
      return { cause, message: formatStatus(received) };
    },
    shutdown: () => server.shutdown(),
    async [Symbol.asyncDispose]() {
      session.destroy();
      await server.shutdown();
    },
  };
}

async function* endless(): AsyncGenerator<EchoResponse> {
  yield await never();
}

function formatStatus(headers: Readonly<Record<string, unknown>>): string {
  const { ":status": httpStatus, "grpc-status": code, "grpc-message": text = "" } = headers;
  return code === undefined ? `HTTP ${httpStatus}` : `${status[Number(code)]}: ${decodeURIComponent(String(text))}`;
}

async function collectProtocolStatuses(): Promise<Section> {
  await using server = await serve();
  await using limited = await serve(never, { maxConcurrentCalls: 1, maxStreamingCalls: 1, maxReceiveMessageBytes: 10 });
  await using ending: EchoServer = await serve(() => {
    void ending.shutdown();
    return never();
  });
  const gzip = { "grpc-encoding": "gzip" };
  const flagged = (flag: number) => Buffer.concat([Buffer.of(flag), request.subarray(1)]);
  return {
    title: "Protocol and limits",
    text: "",
    columns,
    examples: [
      await server.call("a method that the server does not have", { path: "/Clock/Tell" }),
      await server.call("a method other than POST", { headers: { ":method": "PUT" } }),
      await server.call("a content type other than gRPC", { headers: { "content-type": "application/json" } }),
      await server.call("`grpc-encoding: br`", { headers: { "grpc-encoding": "br" } }),
      await server.call("`grpc-timeout: soon`", { headers: { "grpc-timeout": "soon" } }),
      await server.call("`grpc-timeout: 50m`, and a handler that waits", { headers: { "grpc-timeout": "50m" } }),
      await server.call("no request", { body: Buffer.of() }),
      await server.call("two requests", { body: Buffer.concat([request, request]) }),
      await server.call("a part of a request", { body: request.subarray(0, 7) }),
      await server.call("a request with the compressed flag, without `grpc-encoding`", { body: flagged(1) }),
      await server.call("a request with the flag 2", { body: flagged(2) }),
      await server.call("a request with the flag 2, with `grpc-encoding`", { body: flagged(2), headers: gzip }),
      await server.call("a request that is not gzip", { body: flagged(1), headers: gzip }),
      await server.call("a request that is not protobuf", { body: message(Buffer.of(0xff)) }),
      await server.call("a request that is not UTF-8", { body: message(Buffer.of(0x0a, 1, 0xff)) }),
      await limited.call("a request beyond `maxReceiveMessageBytes`", { body: message(Buffer.alloc(11)) }),
      await limited.call("a call beyond `maxConcurrentCalls`", { openCalls: 1 }),
      await limited.call("a call beyond `maxStreamingCalls`", { openCalls: 1, path: serverStream.path }),
      await ending.call("a call that is open when the server stops"),
    ],
  };
}

async function collectHandlerStatuses(): Promise<Section> {
  const throwing = async (cause: string, error: unknown) => {
    await using server = await serve(() => Promise.reject(error));
    return await server.call(cause);
  };
  await using server = await serve(async (_, call) => {
    call.trailers.set("x-id", "a".repeat(10_000));
    return new EchoResponse();
  });
  return {
    title: "Handlers",
    text: "",
    columns,
    examples: [
      await throwing("`throw new Error(…)`, or any other value", new Error("the disk is full")),
      await throwing('`throw new StatusError(status.NOT_FOUND, "no such user")`', new StatusError(5, "no such user")),
      await throwing(
        "`throw badRequest(…)`",
        badRequest(
          { field: "value", description: "must not be empty" },
          { field: "count", description: "must be at most 10" },
        ),
      ),
      await server.call("trailers of 10 KiB"),
    ],
  };
}

async function collectAuthorizationStatuses(): Promise<Section> {
  const verifyToken = (token: string) => {
    if (token === "forged") {
      throw new Error("wrong signature");
    }
    return { subject: token === "anonymous" ? "" : token };
  };
  const authorize = allowPrincipals({ "*": ["subject:ada"] }, { verifyToken }) as Authorize<unknown>;
  await using server = await serve(never, { authorize });
  const failing = () => Promise.reject(new Error("the directory is down"));
  await using broken = await serve(never, { authorize: failing });
  const callWith = (authorization: string) =>
    server.call(`\`authorization: ${authorization}\``, { headers: { authorization } });
  return {
    title: "Authorization",
    text: 'With `authorize: allowPrincipals({ "*": ["subject:ada"] }, { verifyToken })`.',
    columns,
    examples: [
      await server.call("no token"),
      await callWith("Basic ada"),
      await callWith("Bearer forged"),
      await callWith("Bearer grace"),
      await broken.call("an `authorize` that throws an error other than `StatusError`"),
    ],
  };
}

async function collectStandardStatuses(): Promise<Section> {
  await using server = await serve();
  const health = "/grpc.health.v1.Health/Check";
  const examples: Example[] = [
    await server.call("health of a service that the server does not have", {
      path: health,
      body: message(encodeField(1, "Clock")),
    }),
  ];
  const queries: readonly (readonly [cause: string, query: Buffer])[] = [
    ["reflection of a file", encode.file("clock.proto")],
    ["reflection of a symbol", encode.symbol("Clock")],
    ["reflection of an extension", encode.extension("Clock", 7)],
    ["reflection of the extensions of a type", encode.extensionNumbers("Clock")],
    ["an unknown kind of reflection request", encodeField(9, "")],
  ];
  for (const [cause, query] of queries) {
    examples.push({ cause, message: await reflect(query) });
  }
  return {
    title: "Health and reflection",
    text: "Reflection sends its errors in responses.",
    columns,
    examples,
  };
}

async function reflect(query: Buffer): Promise<string> {
  const server = createServer<unknown>({
    addresses: ["127.0.0.1:0"],
    services: [bindService(EchoService, echoServicer)],
  });
  const [address] = await server.start();
  const session = connect(`http://${address}`);
  try {
    const stream = session.request({
      [constants.HTTP2_HEADER_METHOD]: "POST",
      [constants.HTTP2_HEADER_PATH]: "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo",
      [constants.HTTP2_HEADER_CONTENT_TYPE]: "application/grpc",
      [constants.HTTP2_HEADER_TE]: "trailers",
    });
    stream.end(message(query));
    const chunks: Buffer[] = await stream.toArray();
    const [code, text] = decodeError(decode(Buffer.concat(chunks).subarray(5)));
    return `${status[code]}: ${text}`;
  } finally {
    session.destroy();
    await server.shutdown();
  }
}
