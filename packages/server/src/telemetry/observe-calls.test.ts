import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type ClientHttp2Session, type ClientHttp2Stream, connect, type IncomingHttpHeaders } from "node:http2";
import { after, beforeEach, test } from "node:test";
import { Client, credentials, Metadata, type Server, ServerCredentials, status } from "@grpc/grpc-js";
import { HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import { SpanKind, SpanStatusCode, trace } from "@opentelemetry/api";
import { metrics, NodeSDK, tracing } from "@opentelemetry/sdk-node";
import { pino } from "pino";
import { createAdmission } from "../rpc/admission.js";
import { createServer, defaultLimits } from "../rpc/limits.js";
import { addServicer } from "../rpc/servicer.js";
import { StatusError } from "../rpc/status-error.js";
import type { UnaryHandler } from "../rpc/unary.js";
import { activeSpan } from "./logger.js";
import { observeCalls } from "./observe-calls.js";

const { hello } = HelloService;
const greet: UnaryHandler<HelloRequest, HelloResponse> = (request) => new HelloResponse().setValue(request.getValue());

const interceptorsWithoutSdk = observeCalls(pino({ level: "info" }));

const spans = new tracing.InMemorySpanExporter();
const measured = new metrics.InMemoryMetricExporter(metrics.AggregationTemporality.DELTA);
const reader = new metrics.PeriodicExportingMetricReader({ exporter: measured });
const sdk = new NodeSDK({
  autoDetectResources: false,
  spanProcessors: [new tracing.SimpleSpanProcessor(spans)],
  metricReaders: [reader],
  logRecordProcessors: [],
});
sdk.start();
after(() => sdk.shutdown());

beforeEach(async () => {
  await reader.forceFlush();
  spans.reset();
  measured.reset();
});

interface LogLine {
  readonly level: number;
  readonly msg: string;
  readonly [field: string]: unknown;
}

async function bind(server: Server): Promise<number> {
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(port),
    ),
  );
}

/** Serves one handler on a real socket, observed. */
async function serve(handler: UnaryHandler<HelloRequest, HelloResponse>, level = "debug") {
  const log: LogLine[] = [];
  const ends = new EventEmitter();
  const write = (text: string) => {
    const line = JSON.parse(text) as LogLine;
    log.push(line);
    ends.emit(line.msg, line);
  };
  const logger = pino({ level, mixin: activeSpan }, { write });
  const server = createServer(defaultLimits, observeCalls(logger));
  addServicer(server, HelloService, { hello: handler }, { admission: createAdmission(10), logger });
  const port = await bind(server);
  const client = new Client(`127.0.0.1:${port}`, credentials.createInsecure(), {
    "grpc.use_local_subchannel_pool": 1,
  });
  return {
    port,
    log,
    client,
    /** Resolves with the line of the next call that ends. */
    async nextCall(): Promise<LogLine> {
      const [line] = await once(ends, "call");
      return line;
    },
    /** Calls, and resolves with the status once the server too is done. */
    async call(name: string, metadata = new Metadata(), path = hello.path): Promise<status> {
      const ended = once(ends, "call");
      const code = await new Promise<status>((resolve) => {
        const request = new HelloRequest().setValue(name);
        client.makeUnaryRequest(path, hello.requestSerialize, hello.responseDeserialize, request, metadata, (error) =>
          resolve(error?.code ?? status.OK),
        );
      });
      await ended;
      return code;
    },
    [Symbol.dispose]() {
      client.close();
      server.forceShutdown();
    },
  };
}

/** Opens a call by hand, to do with it what no gRPC client would. */
function open(port: number, headers: Record<string, string> = {}): [ClientHttp2Session, ClientHttp2Stream] {
  const session = connect(`http://127.0.0.1:${port}`);
  session.on("error", () => {
    // The test breaks it.
  });
  const stream = session.request({
    ":method": "POST",
    ":path": hello.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  stream.on("error", () => {
    // As above.
  });
  return [session, stream];
}

/** Calls a method that there is not, with a message that is none, and resolves with what a client reads. */
async function askUnknown(port: number): Promise<object> {
  const [session, stream] = open(port, { ":path": "/No/Such" });
  stream.end(Buffer.from([0, 0, 0, 0, 1, 0xff]));
  const [headers] = (await once(stream, "response")) as [IncomingHttpHeaders];
  session.destroy();
  return {
    ...headers,
    date: undefined,
    "grpc-message": decodeURIComponent(String(headers["grpc-message"])),
  };
}

/** What was measured since the test began: of each instrument, its points with their attributes. */
async function points() {
  await reader.forceFlush();
  const all = measured.getMetrics().flatMap(({ scopeMetrics }) => scopeMetrics.flatMap(({ metrics }) => metrics));
  return Object.fromEntries(
    all.map(({ descriptor, dataPoints }) => [
      descriptor.name,
      dataPoints.map(({ attributes, value }) => ({
        ...attributes,
        sum: typeof value === "number" ? value : value.sum,
        count: typeof value === "number" ? value : value.count,
      })),
    ]),
  );
}

/** The attributes of the only call that was measured. */
async function measuredCall() {
  const { "grpc.server.call.duration": durations = [] } = await points();
  assert.equal(durations.length, 1);
  const {
    "grpc.method": method,
    "grpc.status": status,
    count,
  } = { "grpc.method": "", "grpc.status": "", ...durations[0] };
  assert.equal(count, 1);
  return [method, status];
}

test("with no SDK and no debug log there is no interceptor", () => {
  assert.deepEqual(interceptorsWithoutSdk, []);
});

test("a call is counted, timed and sized, with its method and status", async () => {
  using server = await serve(greet);
  await server.call("World");
  await server.call("World");
  const all = await points();
  assert.deepEqual(all["grpc.server.call.started"], [{ "grpc.method": "Hello/Hello", sum: 2, count: 2 }]);
  const call = { "grpc.method": "Hello/Hello", "grpc.status": "OK", count: 2 };
  assert.deepEqual(all["grpc.server.call.rcvd_total_compressed_message_size"], [{ ...call, sum: 14 }]);
  assert.deepEqual(all["grpc.server.call.sent_total_compressed_message_size"], [{ ...call, sum: 14 }]);
  const [duration] = all["grpc.server.call.duration"] ?? [];
  assert.deepEqual({ ...duration, sum: 0 }, { ...call, sum: 0 });
  assert.ok(duration?.sum !== undefined && duration.sum > 0 && duration.sum < 60, `${duration?.sum} s`);
});

test("the size of a message is that of its compressed form", async () => {
  using server = await serve(() => new HelloResponse());
  const ended = server.nextCall();
  const client = new Client(`127.0.0.1:${server.port}`, credentials.createInsecure(), {
    "grpc.default_compression_algorithm": 2,
  });
  const request = new HelloRequest().setValue("a".repeat(10_000));
  await new Promise<void>((resolve, reject) =>
    client.makeUnaryRequest(hello.path, hello.requestSerialize, hello.responseDeserialize, request, (error) =>
      error ? reject(error) : resolve(),
    ),
  );
  client.close();
  await ended;
  const [received] = (await points())["grpc.server.call.rcvd_total_compressed_message_size"] ?? [];
  assert.ok(received?.sum !== undefined && received.sum > 20 && received.sum < 200, `${received?.sum} bytes`);
});

test("a request that cannot be decoded is counted as INTERNAL", async () => {
  using server = await serve(greet);
  const ended = server.nextCall();
  const [session, stream] = open(server.port);
  stream.end(Buffer.from([0, 0, 0, 0, 1, 0xff]));
  await ended;
  session.destroy();
  assert.deepEqual(await measuredCall(), ["Hello/Hello", "INTERNAL"]);
});

test("a deadline that passes is counted as DEADLINE_EXCEEDED", async () => {
  using server = await serve(() => new Promise(() => {}));
  const ended = server.nextCall();
  const [session, stream] = open(server.port, { "grpc-timeout": "20m" });
  stream.end(Buffer.from([0, 0, 0, 0, 0]));
  await ended;
  session.destroy();
  assert.deepEqual(await measuredCall(), ["Hello/Hello", "DEADLINE_EXCEEDED"]);
});

test("a connection that breaks is counted as CANCELLED", async () => {
  const arrived = new EventEmitter();
  using server = await serve(() => {
    arrived.emit("call");
    return new Promise(() => {});
  });
  const ended = server.nextCall();
  const [session, stream] = open(server.port);
  const called = once(arrived, "call");
  stream.end(Buffer.from([0, 0, 0, 0, 0]));
  await called;
  session.destroy();
  const { status, peer } = await ended;
  assert.equal(status, "CANCELLED");
  assert.match(String(peer), /^127\.0\.0\.1:\d+$/);
  assert.deepEqual(await measuredCall(), ["Hello/Hello", "CANCELLED"]);
});

test("an unknown method is counted as other, and answered as if nobody watched", async () => {
  using watched = await serve(greet);
  const plain = createServer(defaultLimits);
  const ended = watched.nextCall();
  const [answer, expected] = [await askUnknown(watched.port), await askUnknown(await bind(plain))];
  plain.forceShutdown();
  assert.deepEqual(answer, expected);
  assert.equal((await ended)["method"], "/No/Such");
  assert.deepEqual((await points())["grpc.server.call.started"], [{ "grpc.method": "other", sum: 1, count: 1 }]);
  assert.deepEqual(await measuredCall(), ["other", "UNIMPLEMENTED"]);
  assert.equal(spans.getFinishedSpans()[0]?.name, "other");
});

const traceId = "4bf92f3577b34da6a3ce929d0e0e4736";
const parentId = "00f067aa0ba902b7";
const traced = new Metadata();
traced.set("traceparent", `00-${traceId}-${parentId}-01`);
traced.set("tracestate", "vendor=1");

test("a span continues the client's trace, and is active in the handler", async () => {
  using server = await serve(async (_request, call) => {
    await new Promise(setImmediate);
    trace.getTracer("test").startSpan("within").end();
    assert.equal(call.path, hello.path);
    return new HelloResponse();
  });
  assert.equal(await server.call("World", traced), status.OK);
  const [within, span] = spans.getFinishedSpans();
  assert.ok(within !== undefined && span !== undefined);
  const { spanId } = span.spanContext();
  assert.equal(within.parentSpanContext?.spanId, spanId);
  assert.equal(span.spanContext().traceId, traceId);
  assert.equal(span.spanContext().traceState?.serialize(), "vendor=1");
  assert.equal(span.parentSpanContext?.spanId, parentId);
  assert.equal(span.parentSpanContext?.isRemote, true);
  assert.equal(span.name, "Hello/Hello");
  assert.equal(span.kind, SpanKind.SERVER);
  assert.equal(span.status.code, SpanStatusCode.UNSET);
  const { "network.peer.port": port, ...attributes } = span.attributes;
  assert.ok(Number(port) > 0);
  assert.deepEqual(attributes, {
    "rpc.system": "grpc",
    "rpc.service": "Hello",
    "rpc.method": "Hello",
    "rpc.grpc.status_code": 0,
    "network.peer.address": "127.0.0.1",
  });
  const line = server.log.find(({ msg }) => msg === "call");
  assert.equal(line?.["trace_id"], traceId);
  assert.equal(line["span_id"], spanId);
});

test("a call without a trace, or with a malformed one, begins its own", async () => {
  using server = await serve(greet);
  const malformed = new Metadata();
  malformed.set("traceparent", `00-${"0".repeat(32)}-${parentId}-01`);
  await server.call("World");
  await server.call("World", malformed);
  for (const span of spans.getFinishedSpans()) {
    assert.equal(span.parentSpanContext, undefined);
  }
  assert.equal(spans.getFinishedSpans().length, 2);
});

test("a handler that fails has one line at error with the trace, one at debug, and a span in error", async () => {
  using server = await serve(() => Promise.reject(new Error("secret")));
  assert.equal(await server.call("Ada", traced), status.INTERNAL);
  const [failure, ...others] = server.log.filter(({ level }) => level >= 50);
  assert.deepEqual(others, []);
  assert.equal(failure?.["trace_id"], traceId);
  assert.match(JSON.stringify(failure["err"]), /secret.*observe-calls\.test\.ts/);
  const call = server.log.find(({ msg }) => msg === "call");
  assert.equal(typeof call?.["durationMs"], "number");
  assert.doesNotMatch(JSON.stringify(server.log), /Ada/);
  assert.equal(call?.["method"], hello.path);
  assert.equal(call?.["status"], "INTERNAL");
  assert.equal(spans.getFinishedSpans()[0]?.status.code, SpanStatusCode.ERROR);
});

test("a status that a handler chooses is no error of the server", async () => {
  using server = await serve(() => Promise.reject(new StatusError(status.NOT_FOUND, "no such name")));
  assert.equal(await server.call("World"), status.NOT_FOUND);
  const [span] = spans.getFinishedSpans();
  assert.equal(span?.status.code, SpanStatusCode.UNSET);
  assert.equal(span.attributes["rpc.grpc.status_code"], status.NOT_FOUND);
  assert.deepEqual(
    server.log.filter(({ level }) => level >= 40),
    [],
  );
});
