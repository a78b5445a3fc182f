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
import { serveEcho } from "../../test/echo-server.js";
import { createGrpcServer } from "../http2/grpc-server.js";
import { defaultLimits } from "../http2/limits.js";

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

interface Answer {
  /** Headers and trailers together. */
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  /** With which code the stream was reset, 0 if it was not. */
  readonly rstCode: number;
}

/** Calls with headers and a body that no gRPC client would send. */
async function ask(session: ClientHttp2Session, more: OutgoingHttpHeaders, body = message(world)): Promise<Answer> {
  const stream = session.request({
    ":method": "POST",
    ":path": EchoService.unary.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
  const headers: IncomingHttpHeaders = {};
  const chunks: Buffer[] = [];
  stream.on("response", (response) => Object.assign(headers, response));
  stream.on("trailers", (trailers) => Object.assign(headers, trailers));
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  stream.on("error", () => {
    // A reset, which rstCode tells.
  });
  stream.end(body);
  // Not `once`, which would reject where the stream is reset.
  await new Promise((resolve) => stream.on("close", resolve));
  return { headers, body: Buffer.concat(chunks), rstCode: stream.rstCode ?? 0 };
}

interface BadCall {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: Buffer;
  /** What the client gets, instead of status 200. */
  readonly http?: number;
  readonly grpc?: status;
}

const gzip = { "grpc-encoding": "gzip" };

const badCalls: Record<string, BadCall> = {
  "an unknown method": { headers: { ":path": "/testing.v1.Echo/Nope" }, grpc: status.UNIMPLEMENTED },
  "an unknown service": { headers: { ":path": "/Nope/Unary" }, grpc: status.UNIMPLEMENTED },
  "a path that is no method": { headers: { ":path": "/" }, grpc: status.UNIMPLEMENTED },
  "another content type": { headers: { "content-type": "text/plain" }, http: 415 },
  "no content type": { headers: { "content-type": undefined }, http: 415 },
  "another HTTP method": { headers: { ":method": "PUT" }, http: 405 },
  "no message": { body: Buffer.of(), grpc: status.UNIMPLEMENTED },
  "two messages": { body: Buffer.concat([message(world), message(world)]), grpc: status.UNIMPLEMENTED },
  "malformed protobuf": { body: message(Buffer.from("\n\x7fshort")), grpc: status.INTERNAL },
  "a name that is not UTF-8": { body: message(Buffer.of(10, 3, 0xff, 0xfe, 0xfd)), grpc: status.INTERNAL },
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
  "half of a message's framing": { body: message(world).subarray(0, 3), grpc: status.INTERNAL },
  "an unknown encoding": {
    headers: { "grpc-encoding": "br" },
    body: message(world, { compressed: true }),
    grpc: status.UNIMPLEMENTED,
  },
  ...Object.fromEntries(
    ["", "1", "S", "-1S", "1.5S", "1S1S", "1x", "123456789S"].map((timeout) => [
      `grpc-timeout: ${timeout}`,
      { headers: { "grpc-timeout": timeout }, grpc: status.INTERNAL },
    ]),
  ),
};

for (const [what, { headers = {}, body, http = 200, grpc }] of Object.entries(badCalls)) {
  test(`${what} is answered with ${grpc === undefined ? http : status[grpc]}, and the next call is served`, async (t) => {
    const { session, log } = await serve(t);
    const answer = await ask(session, headers, body);
    assert.equal(answer.headers[":status"], http);
    assert.equal(answer.headers["grpc-status"], grpc === undefined ? undefined : String(grpc));
    assert.equal(answer.body.length, 0);
    const next = await ask(session, {});
    assert.equal(next.headers["grpc-status"], "0");
    assert.equal(next.body.subarray(7).toString(), "World");
    assert.deepEqual(
      log.lines.filter(({ level }) => level > 30),
      [],
    );
  });
}

test("who sends an unknown encoding learns which ones there are", async (t) => {
  const { session } = await serve(t);
  const { headers } = await ask(session, { "grpc-encoding": "br" }, message(world, { compressed: true }));
  assert.equal(headers["grpc-status"], String(status.UNIMPLEMENTED));
  assert.equal(headers["grpc-accept-encoding"], "identity,deflate,gzip");
});

for (const [encoding, compress] of Object.entries({ gzip: gzipSync, deflate: deflateSync })) {
  test(`a message in ${encoding} is read`, async (t) => {
    const { session } = await serve(t);
    const { body } = await ask(session, { "grpc-encoding": encoding }, message(compress(world), { compressed: true }));
    assert.equal(body.subarray(7).toString(), "World");
  });
}

test("several compressed messages of a call are read in order", async (t) => {
  const { session } = await serve(t);
  // Of ListServices requests to server reflection, each answer repeats its request, which names a host.
  const hosts = Array.from({ length: 200 }, (_, index) => `host-${String(index).padStart(3, "0")}`);
  const requests = hosts.map((host) => Buffer.concat([Buffer.of(10, host.length), Buffer.from(`${host}\x3a\x01*`)]));
  const { body } = await ask(
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

test("binary metadata that is not base64 does not keep a call from being served", async (t) => {
  const { session } = await serve(t);
  const { headers } = await ask(session, { "x-bin": "!!! not base64", "grpc-trace-bin": "?" });
  assert.equal(headers["grpc-status"], "0");
});

for (const timeout of ["600H", "99999999H", "99999999M", "99999999S"]) {
  test(`a deadline that is ${timeout} away is far away`, async (t) => {
    const server = createGrpcServer(defaultLimits);
    server.register(
      "/Test/Deadline",
      // The timer of a deadline that is over would come first.
      (call: ServerUnaryCall<Buffer, Buffer>, callback: (error: null, answer: Buffer) => void) =>
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
    const { headers, body } = await ask(session, { ":path": "/Test/Deadline", "grpc-timeout": timeout });
    assert.equal(headers["grpc-status"], "0");
    const days = (Number(body.subarray(5)) - Date.now()) / (24 * 3_600_000);
    assert.ok(days > 24, `${days} days`);
  });
}

for (const [what, path, headers] of [
  ["for an unknown method", "/testing.v1.Echo/Nope", {}],
  ["with another content type", EchoService.unary.path, { "content-type": "text/plain" }],
  ["with another HTTP method", EchoService.unary.path, { ":method": "GET" }],
  ["with a malformed timeout", EchoService.unary.path, { "grpc-timeout": "soon" }],
  ["with an unknown encoding", EchoService.unary.path, { "grpc-encoding": "br" }],
  ["to watch health", "/grpc.health.v1.Health/Watch", {}],
] as const) {
  test(`a request ${what} that is reset in the bytes of the preface does not end the process`, async (t) => {
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
    assert.equal((await ask(session, {})).headers["grpc-status"], "0");
  });
}
