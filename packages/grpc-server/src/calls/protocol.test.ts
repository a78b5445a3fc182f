/**
 * Rules of the gRPC specifications for servers, each with a request that tests it. Other files contain the rules about
 * requests that break the protocol (bad-input.test.ts), the compression of responses (compress-responses.test.ts),
 * health (services/health.test.ts) and the age of connections (http2/connection-lifetime.test.ts).
 *
 * The server does not follow two recommendations. grpc-js pads binary values of responses, which clients must accept.
 * When a deadline passes, the server sends DEADLINE_EXCEEDED, which statuscodes.md allows, instead of RST_STREAM with
 * CANCEL.
 */
import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect, type IncomingHttpHeaders, type OutgoingHttpHeaders } from "node:http2";
import { after, before, test } from "node:test";
import { deflateSync, gzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { type EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { callHeaders, endHeaders, endStream, frame, message, uint32 } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { type EchoServer, serveEcho } from "../../test/echo-server.js";
import type { ServerCall } from "./server-call.js";
import { StatusError } from "./status-error.js";

const failureText = "50 % of ü\n~\u007f";

let server: EchoServer;
let session: ClientHttp2Session;

before(async () => {
  server = await serveEcho(
    {
      async unary(request: EchoRequest, call: ServerCall) {
        switch (request.getValue()) {
          case "fail":
            throw new StatusError(status.NOT_FOUND, failureText);
          case "compressed":
            call.compression = "gzip";
            return new EchoResponse().setValue("a".repeat(100));
          case "deadline":
            return new EchoResponse().setValue(String(call.deadline));
          case "metadata":
            call.responseMetadata.merge(call.metadata);
            call.trailers.merge(call.metadata);
            return new EchoResponse().setValue(JSON.stringify(call.metadata.toJSON()));
          case "wait":
            await new Promise((resolve) => call.signal.addEventListener("abort", resolve));
        }
        return echoServicer.unary(request, call);
      },
    },
    { maxConcurrentCalls: 1 },
  );
  session = connect(`http://${server.address}`);
  await once(session, "remoteSettings");
});

after(async () => {
  session.destroy();
  await server[Symbol.asyncDispose]();
});

const request = (value: string) => Buffer.concat([Buffer.of(10, value.length), Buffer.from(value)]);
const world = request("World");
const long = request("a".repeat(100));

interface Response {
  readonly headers: IncomingHttpHeaders;
  /** Undefined if the headers end the stream. */
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly body: Buffer;
}

/** Calls the unary method, with each chunk of the body in a DATA frame. */
async function call(headers: OutgoingHttpHeaders, body: readonly Buffer[]): Promise<Response> {
  const stream = session.request({
    ":method": "POST",
    ":path": EchoService.unary.path,
    "content-type": "application/grpc",
    te: "trailers",
    ...headers,
  });
  for (const chunk of body) {
    stream.write(chunk);
  }
  stream.end();
  let responseHeaders: IncomingHttpHeaders = {};
  let trailers: IncomingHttpHeaders | undefined;
  const chunks: Buffer[] = [];
  stream.on("response", (received) => {
    responseHeaders = received;
  });
  stream.on("trailers", (received) => {
    trailers = received;
  });
  stream.on("data", (chunk: Buffer) => chunks.push(chunk));
  await once(stream, "close");
  return { headers: responseHeaders, trailers, body: Buffer.concat(chunks) };
}

interface Rule {
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: readonly Buffer[];
  /** Expected status. Default OK. */
  readonly code?: status;
  readonly check?: (response: Response) => void;
}

/** Returns the value of the response, which must be the only one and not compressed. */
function singleValue({ body }: Response): string {
  assert.equal(body[0], 0);
  assert.equal(body.readUInt32BE(1), body.length - 5);
  return EchoResponse.deserializeBinary(body.subarray(5)).getValue();
}

const returnsWorld = (response: Response) => assert.equal(singleValue(response), "World");

const isTrailersOnly = ({ headers, trailers }: Response) => {
  assert.equal(trailers, undefined);
  assert.equal(headers[":status"], 200);
  assert.match(String(headers["content-type"]), /^application\/grpc/);
};

/** Creates a rule about the metadata that a handler receives for given headers, and sends back. */
const passesMetadata = (headers: OutgoingHttpHeaders, received: object): Rule => ({
  headers,
  body: [message(request("metadata"))],
  check: (response) => assert.deepEqual(JSON.parse(singleValue(response)), JSON.parse(JSON.stringify(received))),
});

const timeouts = ["1H", "1M", "99999999S", "9999m", "99999999u"];

const rules: Record<string, Record<string, Rule>> = {
  "PROTOCOL-HTTP2, Requests": {
    ...Object.fromEntries(
      ["application/grpc", "application/grpc+proto", "application/grpc;charset=utf-8"].map((type) => [
        `accepts the content type ${type}`,
        { headers: { "content-type": type }, check: returnsWorld },
      ]),
    ),
    "treats the path as case-sensitive": {
      headers: { ":path": EchoService.unary.path.toLowerCase() },
      code: status.UNIMPLEMENTED,
      check: isTrailersOnly,
    },
    "sets no deadline without grpc-timeout": {
      body: [message(request("deadline"))],
      check: (response) => assert.equal(singleValue(response), "undefined"),
    },
    ...Object.fromEntries(
      timeouts.map((timeout) => [
        `accepts the timeout ${timeout}`,
        { headers: { "grpc-timeout": timeout }, check: returnsWorld },
      ]),
    ),
    "ends a call when its timeout has passed": {
      headers: { "grpc-timeout": "1m" },
      body: [message(request("wait"))],
      code: status.DEADLINE_EXCEEDED,
      check: isTrailersOnly,
    },
    "accepts padded binary values": passesMetadata({ "a-bin": "AQ==" }, { "a-bin": [Buffer.of(1)] }),
    "accepts binary values without padding": passesMetadata({ "a-bin": "AQ" }, { "a-bin": [Buffer.of(1)] }),
    "splits binary values at commas": passesMetadata(
      { "a-bin": "AQ==,Ag, AwQ" },
      { "a-bin": [Buffer.of(1), Buffer.of(2), Buffer.of(3, 4)] },
    ),
    "keeps the order of binary headers with the same name": passesMetadata(
      { "a-bin": ["Ag", "AQ"] },
      { "a-bin": [Buffer.of(2), Buffer.of(1)] },
    ),
    "joins headers with the same name": passesMetadata({ a: ["2", "1"] }, { a: ["2, 1"] }),
    "accepts an empty value": passesMetadata({ a: "" }, { a: [""] }),
    "drops a value that is not ASCII and serves the call": passesMetadata({ a: "é", b: "b" }, { b: ["b"] }),
    "drops a value with a tab and serves the call": passesMetadata({ a: "a\tb", b: "b" }, { b: ["b"] }),
    "accepts a reserved header": passesMetadata({ "grpc-future": "1" }, { "grpc-future": ["1"] }),
    "accepts a call without user-agent and te": { headers: { te: undefined }, check: returnsWorld },
    "accepts a message split into many DATA frames": {
      body: [...message(world)].map((byte) => Buffer.of(byte)),
      check: returnsWorld,
    },
    "accepts an empty DATA frame at the end of the request": {
      body: [message(world), Buffer.of()],
      check: returnsWorld,
    },
  },
  "PROTOCOL-HTTP2, Responses": {
    "sends the status in the trailers even if it is OK": {
      check({ headers, trailers }) {
        assert.equal(headers[":status"], 200);
        assert.match(String(headers["content-type"]), /^application\/grpc/);
        assert.equal(headers["grpc-status"], undefined);
        assert.equal(trailers?.["grpc-status"], "0");
      },
    },
    "sends an immediate error as Trailers-Only, with a percent-encoded message": {
      body: [message(request("fail"))],
      code: status.NOT_FOUND,
      check(response) {
        isTrailersOnly(response);
        const text = String(response.headers["grpc-message"]);
        assert.match(text, /^([ -$&-~]|%[\dA-F]{2})+$/);
        assert.equal(decodeURIComponent(text), failureText);
      },
    },
  },
  compression: {
    ...Object.fromEntries(
      Object.entries({ gzip: gzipSync, deflate: deflateSync }).map(([encoding, compress]) => [
        `lists ${encoding} in grpc-accept-encoding of the response to a ${encoding} request`,
        {
          headers: { "grpc-encoding": encoding },
          body: [message(compress(world), { compressed: true })],
          check({ headers }: Response) {
            assert.ok(String(headers["grpc-accept-encoding"]).split(",").includes(encoding));
          },
        },
      ]),
    ),
    "accepts an uncompressed message with grpc-encoding": { headers: { "grpc-encoding": "gzip" }, check: returnsWorld },
    "does not compress a response by default": {
      headers: { "grpc-accept-encoding": "gzip" },
      body: [message(long)],
      check: (response) => assert.equal(singleValue(response).length, 100),
    },
    "compresses a response for a client that accepts the encoding": {
      headers: { "grpc-accept-encoding": "deflate, gzip" },
      body: [message(request("compressed"))],
      check: ({ body }) => assert.equal(body[0], 1),
    },
    "does not compress a response for a client that accepts an encoding with a similar name": {
      headers: { "grpc-accept-encoding": "identity,x-gzip" },
      body: [message(request("compressed"))],
      check: (response) => assert.equal(singleValue(response).length, 100),
    },
    "rejects an unsupported encoding with a list of the supported ones": {
      headers: { "grpc-encoding": "zstd" },
      body: [message(world, { compressed: true })],
      code: status.UNIMPLEMENTED,
      check(response) {
        isTrailersOnly(response);
        const { headers } = response;
        assert.match(
          decodeURIComponent(String(headers["grpc-message"])),
          /unsupported grpc-encoding.*identity, deflate, gzip/,
        );
        assert.equal(headers["grpc-accept-encoding"], "identity,deflate,gzip");
      },
    },
    "answers INTERNAL to a compressed message with grpc-encoding identity": {
      headers: { "grpc-encoding": "identity" },
      body: [message(world, { compressed: true })],
      code: status.INTERNAL,
      check: ({ headers }) => assert.match(decodeURIComponent(String(headers["grpc-message"])), /compressed/),
    },
    "answers INTERNAL to a message that cannot be decompressed": {
      headers: { "grpc-encoding": "deflate" },
      body: [message(gzipSync(world), { compressed: true })],
      code: status.INTERNAL,
    },
  },
  statuscodes: Object.fromEntries(
    [EchoService.unary.path, EchoService.serverStream.path].flatMap((path) =>
      [[], [message(world), message(world)]].map((body) => [
        `answers UNIMPLEMENTED to ${body.length} requests for ${path}`,
        { headers: { ":path": path }, body, code: status.UNIMPLEMENTED },
      ]),
    ),
  ),
  "gRFC A6": {
    "passes the number of earlier attempts to the handler": passesMetadata(
      { "grpc-previous-rpc-attempts": "2" },
      { "grpc-previous-rpc-attempts": ["2"] },
    ),
  },
};

for (const [source, rows] of Object.entries(rules)) {
  for (const [rule, { headers = {}, body = [message(world)], code = status.OK, check }] of Object.entries(rows)) {
    test(`${source}: ${rule}`, async () => {
      const response = await call(headers, body);
      assert.equal({ ...response.headers, ...response.trailers }["grpc-status"], String(code));
      check?.(response);
    });
  }
}

test("gRFC A6: rejects a call at the limit with Trailers-Only and a retry pushback", async () => {
  const waiting = call({ "grpc-timeout": "10S" }, [message(request("wait"))]);
  let response: Response;
  do {
    response = await call({}, [message(world)]);
  } while (response.headers["grpc-status"] === undefined);
  assert.equal(response.headers["grpc-status"], String(status.RESOURCE_EXHAUSTED));
  isTrailersOnly(response);
  assert.match(String(response.headers["grpc-retry-pushback-ms"]), /^[1-9]\d*$/);
  session.destroy();
  await waiting;
});

interface Closure {
  readonly path: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Payload of a DATA frame that does not end the stream. */
  readonly body?: Buffer;
}

const closures: Record<string, Closure> = {
  "an unknown method": { path: "/unknown/Method" },
  "a malformed timeout": { path: EchoService.unary.path, headers: { "grpc-timeout": "soon" } },
  "a deadline that has passed": { path: EchoService.unary.path, headers: { "grpc-timeout": "1m" } },
  "a deadline that passes after a response": {
    path: EchoService.bidiStream.path,
    headers: { "grpc-timeout": "300m" },
    body: message(world),
  },
  "an invalid compressed flag": { path: EchoService.unary.path, body: Buffer.of(2, 0, 0, 0, 0) },
  "a second request": { path: EchoService.unary.path, body: Buffer.concat([message(world), message(world)]) },
  "a message above the limit": { path: EchoService.clientStream.path, body: Buffer.of(0, 0xff, 0xff, 0xff, 0xff) },
};

for (const [reason, { path, headers, body }] of Object.entries(closures)) {
  test(`PROTOCOL-HTTP2, Early Server Closure: resets the stream with NO_ERROR after the trailers for ${reason}`, async () => {
    using connection = await connectReady(server.address);
    connection.send(frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(path, headers) }));
    if (body !== undefined) {
      connection.send(frame("DATA", { streamId: 1, payload: body }));
    }
    const reset = await connection.frame("RST_STREAM", ({ streamId }) => streamId === 1);
    assert.deepEqual(reset.payload, uint32(0));
    const previous = connection.frames[connection.frames.indexOf(reset) - 1];
    assert.ok(previous !== undefined && previous.flags & endStream, "the trailers must precede the reset");
  });
}
