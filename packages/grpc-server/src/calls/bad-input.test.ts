import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { type TestContext, test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { type ServerUnaryCall, status } from "@grpc/grpc-js";
import { EchoService } from "@hello/testing/echo";
import { bind } from "@hello/testing/grpc-server";
import { callHeaders, endHeaders, frame, message, preface, uint32 } from "@hello/testing/http2-frames";
import { connectRaw } from "@hello/testing/raw-http2";
import { defaultLimits } from "../../test/default-limits.js";
import { serveEcho } from "../../test/echo-server.js";
import { createGrpcJsServer } from "../http2/grpc-js-server.js";

const world = Buffer.from("\n\x05World");
const maxReceiveMessageBytes = 100_000;

async function serve(t: TestContext) {
  const server = await serveEcho({}, { maxReceiveMessageBytes });
  const session = connect(`http://${server.address}`);
  t.after(() => {
    session.destroy();
    return server[Symbol.asyncDispose]();
  });
  await once(session, "remoteSettings");
  return { address: server.address, session, log: server.log };
}

interface RawResponse {
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** HTTP/2 error code of the reset, or 0 if the stream was not reset. */
  readonly rstCode: number;
}

/** Sends a request that no gRPC client would send. */
async function send(
  session: ClientHttp2Session,
  requestHeaders: OutgoingHttpHeaders,
  body = message(world),
): Promise<RawResponse> {
  const stream = session.request({
    ":method": "POST",
    ":path": EchoService.unary.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...requestHeaders,
  });
  const headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on("response", (response) => Object.assign(headers, response));
  stream.on("trailers", (trailers) => Object.assign(headers, trailers));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {
    // rstCode reports a reset.
  });
  stream.end(body);
  // Not `once`, which rejects if the stream is reset.
  await new Promise((resolve) => stream.on("close", resolve));
  return { headers, body: Buffer.concat(chunks), rstCode: stream.rstCode ?? 0 };
}

interface BadCall {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** Expected HTTP status. Default 200. */
  readonly http?: number;
  /** Expected gRPC status, if any. */
  readonly grpc?: status;
}

const gzip = { "grpc-encoding": "gzip" };

const badCalls: Record<string, BadCall> = {
  "an unknown method": { headers: { ":path": "/testing.v1.Echo/Nope" }, grpc: status.UNIMPLEMENTED },
  "an unknown service": { headers: { ":path": "/Nope/Unary" }, grpc: status.UNIMPLEMENTED },
  "a path that is not a method": { headers: { ":path": "/" }, grpc: status.UNIMPLEMENTED },
  "another content type": { headers: { "content-type": "text/plain" }, http: 415 },
  "no content type": { headers: { "content-type": undefined }, http: 415 },
  "another HTTP method": { headers: { ":method": "PUT" }, http: 405 },
  "no message": { body: Buffer.of(), grpc: status.UNIMPLEMENTED },
  "two messages": { body: Buffer.concat([message(world), message(world)]), grpc: status.UNIMPLEMENTED },
  "malformed protobuf": { body: message(Buffer.from("\n\x7fshort")), grpc: status.INTERNAL },
  "a string that is not UTF-8": { body: message(Buffer.of(10, 3, 0xff, 0xfe, 0xfd)), grpc: status.INTERNAL },
  "a message above the limit": {
    body: message(Buffer.alloc(maxReceiveMessageBytes + 1)),
    grpc: status.RESOURCE_EXHAUSTED,
  },
  "a length above the limit": { body: Buffer.of(0, 0xff, 0xff, 0xff, 0xff), grpc: status.RESOURCE_EXHAUSTED },
  "a message that decompresses to more than the limit": {
    headers: gzip,
    body: message(gzipSync(Buffer.alloc(50_000_000)), { compressed: true }),
    grpc: status.RESOURCE_EXHAUSTED,
  },
  "a message that is not gzip": {
    headers: gzip,
    body: message(Buffer.from("not gzip"), { compressed: true }),
    grpc: status.INTERNAL,
  },
  "a compressed message without grpc-encoding": { body: message(world, { compressed: true }), grpc: status.INTERNAL },
  ...Object.fromEntries(
    [2, 255].flatMap((flag) =>
      [{}, gzip].map((headers) => [
        `the compressed flag ${flag}, ${headers === gzip ? "with" : "without"} grpc-encoding`,
        { headers, body: Buffer.from([flag, 0, 0, 0, world.length, ...world]), grpc: status.INTERNAL },
      ]),
    ),
  ),
  "half a message": { body: message(world).subarray(0, 8), grpc: status.INTERNAL },
  "half of a message prefix": { body: message(world).subarray(0, 3), grpc: status.INTERNAL },
  "an unknown encoding": {
    headers: { "grpc-encoding": "br" },
    body: message(world, { compressed: true }),
    grpc: status.UNIMPLEMENTED,
  },
  ...Object.fromEntries(
    ["", "1", "S", "-1S", "1.5S", "1S1S", "1x", "123456789S"].map((timeout) => [
      `the timeout "${timeout}"`,
      { headers: { "grpc-timeout": timeout }, grpc: status.INTERNAL },
    ]),
  ),
};

for (const [input, { headers = {}, body, http = 200, grpc }] of Object.entries(badCalls)) {
  test(`answers ${grpc === undefined ? http : status[grpc]} to ${input}, and serves the next call`, async (t) => {
    const { session, log } = await serve(t);
    const response = await send(session, headers, body);
    assert.equal(response.headers[":status"], http);
    assert.equal(response.headers["grpc-status"], grpc === undefined ? undefined : String(grpc));
    assert.equal(response.body.length, 0);
    const next = await send(session, {});
    assert.equal(next.headers["grpc-status"], "0");
    assert.equal(next.body.subarray(7).toString(), "World");
    assert.deepEqual(
      log.lines.filter(({ level }) => level > 30),
      [],
    );
  });
}

for (const [encoding, compress] of Object.entries({ gzip: gzipSync, deflate: deflateSync })) {
  test(`reads a message compressed with ${encoding}`, async (t) => {
    const { session } = await serve(t);
    const { body } = await send(session, { "grpc-encoding": encoding }, message(compress(world), { compressed: true }));
    assert.equal(body.subarray(7).toString(), "World");
  });
}

test("reads several compressed messages of a call in order", async (t) => {
  const { session } = await serve(t);
  // Server reflection repeats each request in its response, and a request contains a host.
  const hosts = Array.from({ length: 200 }, (_, index) => `host-${String(index).padStart(3, "0")}`);
  const requests = hosts.map((host) => Buffer.concat([Buffer.of(10, host.length), Buffer.from(`${host}\x3a\x01*`)]));
  const { body } = await send(
    session,
    { ...gzip, ":path": "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo" },
    Buffer.concat(requests.map((request) => message(gzipSync(request), { compressed: true }))),
  );
  assert.deepEqual(
    body
      .toString("latin1")
      .match(/host-\d{3}/g)
      ?.filter((host, index, all) => host !== all[index - 1]),
    hosts,
  );
});

test("serves a call with binary metadata that is not base64", async (t) => {
  const { session } = await serve(t);
  const { headers } = await send(session, { "x-bin": "!!! not base64", "grpc-trace-bin": "?" });
  assert.equal(headers["grpc-status"], "0");
});

for (const timeout of ["600H", "99999999H", "99999999M", "99999999S"]) {
  test(`sets a deadline more than 24 days away for the timeout ${timeout}`, async (t) => {
    const server = createGrpcJsServer(defaultLimits);
    server.register(
      "/Test/Deadline",
      // If the deadline had passed, the call would end before this timer fires.
      (call: ServerUnaryCall<Buffer, Buffer>, callback: (error: null, response: Buffer) => void) =>
        setTimeout(() => callback(null, Buffer.from(String(call.getDeadline()))), 20),
      (bytes: Buffer) => bytes,
      (bytes: Buffer) => bytes,
      "unary",
    );
    const session = connect(`http://${await bind(server)}`);
    t.after(() => {
      session.destroy();
      server.forceShutdown();
    });
    const { headers, body } = await send(session, { ":path": "/Test/Deadline", "grpc-timeout": timeout });
    assert.equal(headers["grpc-status"], "0");
    const days = (Number(body.subarray(5)) - Date.now()) / (24 * 3_600_000);
    assert.ok(days > 24, `${days} days`);
  });
}

for (const [description, path, headers] of [
  ["for an unknown method", "/testing.v1.Echo/Nope", {}],
  ["with another content type", EchoService.unary.path, { "content-type": "text/plain" }],
  ["with another HTTP method", EchoService.unary.path, { ":method": "GET" }],
  ["with a malformed timeout", EchoService.unary.path, { "grpc-timeout": "soon" }],
  ["with an unknown encoding", EchoService.unary.path, { "grpc-encoding": "br" }],
  ["to watch health", "/grpc.health.v1.Health/Watch", {}],
] as const) {
  test(`survives a request ${description} that is reset in the same packet`, async (t) => {
    const { address, session } = await serve(t);
    using connection = await connectRaw(address);
    const ping = Buffer.from("in order");
    connection.send(
      preface,
      frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(path, headers) }),
      frame("RST_STREAM", { streamId: 1, payload: uint32(8) }),
      frame("PING", { payload: ping }),
    );
    await connection.frame("PING", ({ payload }) => payload.equals(ping));
    assert.equal((await send(session, {})).headers["grpc-status"], "0");
  });
}
