import assert from "node:assert/strict";
import { once } from "node:events";
import { type ClientHttp2Session, connect } from "node:http2";
import { type TestContext, test } from "node:test";
import { gunzipSync } from "node:zlib";
import { status } from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { message } from "@hello/testing/http2-frames";
import { type EchoServerOptions, serveEcho } from "../../test/echo-server.js";
import { type Handlers, readAll, serveStreams } from "../../test/streaming-client.js";
import type { Compression, ServerCall } from "./server-call.js";

const long = "a".repeat(10_000);

/** Response message and its encoding on the wire. */
interface WireMessage {
  readonly compressed: boolean;
  readonly response: EchoResponse;
}

/** Serves a client that returns the messages on the wire. */
async function serve(t: TestContext, handlers: Handlers, options: EchoServerOptions = {}) {
  const server = await serveEcho(handlers, options);
  const session: ClientHttp2Session = connect(`http://${server.address}`);
  t.after(async () => {
    session.destroy();
    await server[Symbol.asyncDispose]();
  });
  return {
    ...server,
    async call({ path }: { path: string }, accepted?: string) {
      const stream = session.request({
        ":method": "POST",
        ":path": path,
        "content-type": "application/grpc",
        te: "trailers",
        ...(accepted !== undefined && { "grpc-accept-encoding": accepted }),
      });
      const responded = once(stream, "response");
      stream.end(message(new EchoRequest().setValue(long).setCount(2).serializeBinary()));
      const chunks: Buffer[] = [];
      stream.on("data", (chunk: Buffer) => chunks.push(chunk));
      await once(stream, "close");
      const [headers]: Record<string, string>[] = await responded;
      return { encoding: headers?.["grpc-encoding"], messages: messagesIn(Buffer.concat(chunks)) };
    },
  };
}

function messagesIn(bytes: Buffer): WireMessage[] {
  const messages: WireMessage[] = [];
  for (let start = 0; start < bytes.length; ) {
    const end = start + 5 + bytes.readUInt32BE(start + 1);
    const compressed = bytes[start] === 1;
    const body = bytes.subarray(start + 5, end);
    messages.push({ compressed, response: EchoResponse.deserializeBinary(compressed ? gunzipSync(body) : body) });
    start = end;
  }
  return messages;
}

const { unary, serverStream } = EchoService;

for (const method of [unary, serverStream]) {
  for (const [accepted, encoding] of [
    ["identity,deflate,gzip", "gzip"],
    ["identity, deflate", "identity"],
    [undefined, "identity"],
  ] as const) {
    test(`uses ${encoding} for ${method.path} if the client accepts ${accepted}`, async (t) => {
      const server = await serve(t, {}, { compression: "gzip" });
      const { encoding: actual, messages } = await server.call(method, accepted);
      assert.equal(actual, encoding);
      assert.equal(messages.length, method === unary ? 1 : 2);
      for (const { compressed, response } of messages) {
        assert.equal(compressed, encoding === "gzip");
        assert.equal(response.getValue(), long);
      }
    });
  }
}

test("does not compress by default", async (t) => {
  const server = await serve(t, {});
  const { encoding, messages } = await server.call(unary, "gzip");
  assert.equal(encoding, "identity");
  assert.deepEqual(
    messages.map(({ compressed }) => compressed),
    [false],
  );
});

test("lets a handler compress only some of its responses", async (t) => {
  const server = await serve(t, {
    async *serverStream(_request, call: ServerCall) {
      for (const compression of ["gzip", "identity", "gzip"] as const) {
        call.compression = compression;
        yield new EchoResponse().setValue(long);
      }
    },
  });
  const { encoding, messages } = await server.call(serverStream, "gzip");
  assert.equal(encoding, "gzip");
  assert.deepEqual(
    messages.map(({ compressed }) => compressed),
    [true, false, true],
  );
});

test("does not compress a response that would not get smaller", async (t) => {
  const server = await serve(t, { unary: () => new EchoResponse() }, { compression: "gzip" });
  const { encoding, messages } = await server.call(unary, "gzip");
  assert.equal(encoding, "gzip");
  assert.deepEqual(
    messages.map(({ compressed }) => compressed),
    [false],
  );
});

test("sends compressed responses in order to a grpc-js client", async (t) => {
  const handlers: Handlers = {
    async *serverStream() {
      for (let index = 0; index < 100; index++) {
        // Large ones take longer to compress than small ones.
        yield new EchoResponse().setValue(`${index}`).setPayload(Buffer.alloc(index % 2 === 0 ? 100_000 : 100));
      }
    },
  };
  const server = await serveStreams(t, handlers, { compression: "gzip" });
  const { code, values } = await readAll(server.serverStream());
  assert.equal(code, status.OK);
  assert.deepEqual(
    values,
    Array.from({ length: 100 }, (_, index) => `${index}`),
  );
});

test("answers INTERNAL to a response that cannot be serialized, with compression enabled", async (t) => {
  const handlers: Handlers = {
    serverStream: async function* () {
      yield {} as EchoResponse;
    },
  };
  const server = await serveStreams(t, handlers, { compression: "gzip" });
  assert.equal((await readAll(server.serverStream())).code, status.INTERNAL);
});

test("rejects an unknown compression", async (t) => {
  const server = await serveStreams(t, {
    serverStream(_request, call) {
      assert.throws(() => (call.compression = "br" as Compression), {
        name: "TypeError",
        message: 'invalid compression "br": must be "identity" or "gzip"',
      });
      return (async function* () {})();
    },
  });
  assert.equal((await readAll(server.serverStream())).code, status.OK);
});
