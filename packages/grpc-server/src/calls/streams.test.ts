import assert from "node:assert/strict";
import { once } from "node:events";
import { constants } from "node:http2";
import { type TestContext, test } from "node:test";
import {
  type ClientDuplexStream,
  type ClientReadableStream,
  type ClientWritableStream,
  Metadata,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { callHeaders, endHeaders, frame, message, uint32 } from "@hello/testing/http2-frames";
import { connectReady } from "@hello/testing/raw-http2";
import { type EchoServerOptions, serveEcho } from "../../test/echo-server.js";
import type { ServerCall } from "./server-call.js";
import type { Servicer } from "./servicer.js";
import { StatusError } from "./status-error.js";

type Handlers = Partial<Servicer<typeof EchoService>>;
type Bidi = ClientDuplexStream<EchoRequest, EchoResponse>;

/** Values that a call has received, and its status. */
interface Outcome {
  readonly values: readonly string[];
  readonly code: number;
  readonly details: string;
  readonly metadata: Metadata;
}

const requestOf = (value: string) => new EchoRequest().setValue(value);
const responseOf = (value: string) => new EchoResponse().setValue(value);

/** Serves streams until the test ends; each function opens a call. */
async function serve(t: TestContext, handlers: Handlers = {}, options: EchoServerOptions = {}) {
  const server = await serveEcho(handlers, options);
  t.after(() => server[Symbol.asyncDispose]());
  const { client } = server;
  const { serverStream, clientStream, bidiStream } = EchoService;
  const defaults = () => ({ deadline: Date.now() + 30_000 });
  return {
    ...server,
    errors: () => server.log.lines.filter(({ level }) => level >= 50),
    serverStream(callOptions = defaults()): ClientReadableStream<EchoResponse> {
      const { path, requestSerialize, responseDeserialize } = serverStream;
      return client.makeServerStreamRequest(path, requestSerialize, responseDeserialize, requestOf("a"), callOptions);
    },
    bidiStream(callOptions = defaults()): Bidi {
      const { path, requestSerialize, responseDeserialize } = bidiStream;
      return client.makeBidiStreamRequest(path, requestSerialize, responseDeserialize, callOptions);
    },
    clientStream(callOptions = defaults()): { call: ClientWritableStream<EchoRequest>; outcome: Promise<Outcome> } {
      const { path, requestSerialize, responseDeserialize } = clientStream;
      const values: string[] = [];
      const call = client.makeClientStreamRequest(
        path,
        requestSerialize,
        responseDeserialize,
        callOptions,
        (_error, response) => values.push(...(response ? [response.getValue()] : [])),
      );
      return { call, outcome: ended(call, values) };
    },
  };
}

/** Resolves with the status of a call, whatever it is. */
function ended(
  call: ClientReadableStream<EchoResponse> | ClientWritableStream<EchoRequest>,
  values: readonly string[],
) {
  return new Promise<Outcome>((resolve) => {
    call.on("error", () => {
      // Its status says the same.
    });
    call.on("status", ({ code, details, metadata }: StatusObject) => resolve({ values, code, details, metadata }));
  });
}

/** Reads a call to its end. */
function readAll(call: ClientReadableStream<EchoResponse>): Promise<Outcome> {
  const values: string[] = [];
  call.on("data", (response: EchoResponse) => values.push(response.getValue()));
  return ended(call, values);
}

/** Creates a promise that the test settles, for the end of a handler. */
function signal() {
  let fire = () => {};
  const fired = new Promise<void>((resolve) => {
    fire = resolve;
  });
  return { fire, fired };
}

/** Throws in a position in which TypeScript wants code to go on. */
function fail(): void {
  throw new Error("secret");
}

async function* failBefore() {
  fail();
  yield responseOf("a");
}

async function* failBetween() {
  yield responseOf("a");
  fail();
  yield responseOf("b");
}

async function* failAfter() {
  yield responseOf("a");
  yield responseOf("b");
  fail();
}

for (const [position, handler, values] of [
  ["before the first response", failBefore, []],
  ["between two responses", failBetween, ["a"]],
  ["after the last response", failAfter, ["a", "b"]],
] as const) {
  for (const kind of ["serverStream", "bidiStream"] as const) {
    test(`${kind}: a throw ${position} ends the call with INTERNAL and one line in the log`, async (t) => {
      const server = await serve(t, { [kind]: handler });
      const { code, details, values: received } = await readAll(server[kind]());
      assert.deepEqual([code, details, received], [status.INTERNAL, "internal error", values]);
      assert.equal(server.log.lines.length, 1);
      assert.match(JSON.stringify(server.errors()), /secret.*streams\.test\.ts/);
      assert.equal(await server.unary("next"), "next");
    });
  }
}

test("serverStream: a handler that throws before it returns an iterable ends the call", async (t) => {
  const server = await serve(t, {
    serverStream() {
      throw new StatusError(status.NOT_FOUND, "no such name");
    },
  });
  const { code, details } = await readAll(server.serverStream());
  assert.deepEqual([code, details], [status.NOT_FOUND, "no such name"]);
  assert.deepEqual(server.log.lines, []);
});

for (const [position, reads] of [
  ["before the first request", 0],
  ["between two requests", 1],
  ["after the last request", 2],
] as const) {
  test(`clientStream: a rejection ${position} ends the call with its status`, async (t) => {
    const server = await serve(t, {
      async clientStream(requests) {
        let left = reads;
        for await (const _ of requests) {
          if (--left <= 0 && reads < 2) {
            break;
          }
        }
        throw new StatusError(status.NOT_FOUND, "no such name");
      },
    });
    const { call, outcome } = server.clientStream();
    call.write(requestOf("a"));
    call.write(requestOf("b"));
    call.end();
    const { code, details, values } = await outcome;
    assert.deepEqual([code, details, values], [status.NOT_FOUND, "no such name", []]);
    assert.equal(await server.unary("next"), "next");
  });
}

for (const [position, yields] of [
  ["before", 0],
  ["after", 1],
] as const) {
  test(`metadata that HTTP allows once arrives joined, with a status ${position} a response`, async (t) => {
    const metadata = new Metadata();
    metadata.add("location", "here");
    metadata.add("location", "there");
    const server = await serve(t, {
      async *serverStream() {
        if (yields > 0) {
          yield responseOf("a");
        }
        throw new StatusError(status.NOT_FOUND, "no such name", { metadata });
      },
    });
    const { code, metadata: received } = await readAll(server.serverStream());
    assert.equal(code, status.NOT_FOUND);
    assert.deepEqual(received.get("location"), ["here, there"]);
    assert.deepEqual(server.log.lines, []);
  });
}

test("a response of the wrong type ends the stream with INTERNAL and runs finally", async (t) => {
  const finished = signal();
  const server = await serve(t, {
    async *serverStream() {
      try {
        yield responseOf("a");
        yield {} as EchoResponse;
        yield responseOf("b");
      } finally {
        finished.fire();
      }
    },
  });
  const { code, values } = await readAll(server.serverStream());
  assert.deepEqual([code, values], [status.INTERNAL, ["a"]]);
  await finished.fired;
  assert.equal(server.log.lines.length, 1);
});

test("clientStream: answers after leaving the request iterator early", async (t) => {
  const server = await serve(t, {
    async clientStream(requests) {
      for await (const request of requests) {
        return responseOf(request.getValue());
      }
      return responseOf("none");
    },
  });
  const { call, outcome } = server.clientStream();
  call.write(requestOf("first"));
  call.write(requestOf("second"));
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.OK, ["first"]]);
});

test("bidiStream: goes on responding after leaving the request iterator early", async (t) => {
  const server = await serve(t, {
    async *bidiStream(requests) {
      for await (const request of requests) {
        yield responseOf(request.getValue());
        break;
      }
      yield responseOf("more");
    },
  });
  const call = server.bidiStream();
  call.write(requestOf("first"));
  call.write(requestOf("second"));
  const { code, values } = await readAll(call);
  assert.deepEqual([code, values], [status.OK, ["first", "more"]]);
});

test("answers without reading a request", async (t) => {
  const server = await serve(t, {
    clientStream: () => responseOf("early"),
    async *bidiStream() {
      yield responseOf("early");
    },
  });
  const { call, outcome } = server.clientStream();
  call.write(requestOf("unread"));
  assert.deepEqual((await outcome).values, ["early"]);
  const bidi = server.bidiStream();
  bidi.write(requestOf("unread"));
  const { code, values } = await readAll(bidi);
  assert.deepEqual([code, values], [status.OK, ["early"]]);
  assert.deepEqual(server.log.lines, []);
});

test("ends the requests of a call that has been answered", async (t) => {
  let reader: Promise<string> | undefined;
  const server = await serve(t, {
    async *bidiStream(requests) {
      const read = async () => {
        for await (const _ of requests) {
          // Reads to the end.
        }
        return "ended";
      };
      reader = read();
      yield responseOf("a");
    },
  });
  const { code } = await readAll(server.bidiStream());
  assert.equal(code, status.OK);
  assert.equal(await reader, "ended");
});

test("a generator that waits for its signal runs finally when the client cancels", async (t) => {
  const finished = signal();
  let reason: unknown;
  const server = await serve(t, {
    async *serverStream(_request, call) {
      try {
        yield responseOf("a");
        await once(call.signal, "abort");
        reason = call.signal.reason;
        yield responseOf("b");
      } finally {
        finished.fire();
      }
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  call.cancel();
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.CANCELLED, ["a"]]);
  await finished.fired;
  assert.ok(reason instanceof StatusError);
  assert.equal(reason.code, status.CANCELLED);
  assert.deepEqual(server.log.lines, []);
});

test("the requests of a call reject when the client resets it", async (t) => {
  const received = signal();
  const rejected = signal();
  let error: unknown;
  const server = await serve(t, {
    async clientStream(requests) {
      try {
        for await (const _ of requests) {
          received.fire();
        }
      } catch (caught) {
        error = caught;
        rejected.fire();
        throw caught;
      }
      return responseOf("");
    },
  });
  // A client of grpc-js sends the end of its requests before the reset.
  using connection = await connectReady(server.address);
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(EchoService.clientStream.path) }),
    frame("DATA", { streamId: 1, payload: message(requestOf("a").serializeBinary()) }),
  );
  await received.fired;
  connection.send(frame("RST_STREAM", { streamId: 1, payload: uint32(constants.NGHTTP2_CANCEL) }));
  await rejected.fired;
  assert.ok(error instanceof StatusError);
  assert.equal(error.code, status.CANCELLED);
  assert.deepEqual(server.log.lines, []);
});

test("logs an error of finally after the client has cancelled", async (t) => {
  const server = await serve(t, {
    async *serverStream(_request, call) {
      try {
        yield responseOf("a");
        await once(call.signal, "abort");
      } finally {
        fail();
      }
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  const { err } = await server.log.line(({ msg }) => msg === "handler failed");
  assert.match(JSON.stringify(err), /secret/);
});

test("an iterator whose return() throws does not end the process", async (t) => {
  const returned = signal();
  const server = await serve(t, {
    serverStream(_request, call) {
      let count = 0;
      return {
        [Symbol.asyncIterator]: () => ({
          async next() {
            if (count++ > 0) {
              await once(call.signal, "abort");
            }
            return { value: responseOf("a"), done: false };
          },
          return() {
            returned.fire();
            throw new Error("secret");
          },
        }),
      };
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  await returned.fired;
  await server.log.line(({ msg }) => msg === "handler failed");
  assert.equal(await server.unary("next"), "next");
});

/** Serves an endless stream to a client that does not read, and resolves once its handler is suspended. */
async function serveBlocked(t: TestContext) {
  const finished = signal();
  let yielded = 0;
  const response = new EchoResponse().setPayload(Buffer.alloc(64 * 1_024));
  const server = await serve(t, {
    async *serverStream() {
      try {
        for (;;) {
          yielded++;
          yield response;
        }
      } finally {
        finished.fire();
      }
    },
  });
  const call = server.serverStream();
  const outcome = ended(call, []);
  // Before its first read, a client of grpc-js takes everything.
  await once(call, "readable");
  // It would go on during a call on the same connection.
  for (let before = -1; before !== yielded; ) {
    before = yielded;
    await server.unary();
  }
  assert.ok(yielded > 0 && yielded < 100, `${yielded} responses to a client that does not read`);
  return { server, call, outcome, finished: finished.fired };
}

test("a generator that backpressure suspends runs finally when the client cancels", async (t) => {
  const { server, call, outcome, finished } = await serveBlocked(t);
  call.cancel();
  assert.equal((await outcome).code, status.CANCELLED);
  await finished;
  assert.deepEqual(server.log.lines, []);
});

test("a generator that backpressure suspends runs finally at a forced shutdown", async (t) => {
  const { server, outcome, finished } = await serveBlocked(t);
  await Promise.all([server.server.shutdown(), server.server.shutdown()]);
  await finished;
  assert.equal((await outcome).code, status.UNAVAILABLE);
  assert.deepEqual(server.errors(), []);
});

test("echoes 1,000 messages in order", async (t) => {
  const server = await serve(t);
  const call = server.bidiStream();
  const sent = Array.from({ length: 1_000 }, (_, index) => `message ${index}`);
  const outcome = readAll(call);
  for (const value of sent) {
    if (!call.write(requestOf(value))) {
      await once(call, "drain");
    }
  }
  call.end();
  const { code, values } = await outcome;
  assert.equal(code, status.OK);
  assert.deepEqual(values, sent);
});

test("a stream that heeds call.draining ends with a last response", async (t) => {
  const server = await serve(t, {
    async *serverStream(_request, { draining }) {
      yield responseOf("first");
      await once(draining, "abort");
      yield responseOf("last");
    },
  });
  const call = server.serverStream();
  const outcome = readAll(call);
  await once(call, "data");
  await server.server.shutdown();
  const { code, values } = await outcome;
  assert.deepEqual([code, values], [status.OK, ["first", "last"]]);
});

test("a forced shutdown ends an open stream with UNAVAILABLE and no error in the log", async (t) => {
  const server = await serve(t);
  const call = server.bidiStream();
  const outcome = readAll(call);
  call.write(requestOf("a"));
  await once(call, "data");
  const { call: open, outcome: other } = server.clientStream();
  open.write(requestOf("a"));
  await server.unary();
  await Promise.all([server.server.shutdown(), server.server.shutdown()]);
  for (const { code, details } of await Promise.all([outcome, other])) {
    assert.deepEqual([code, details], [status.UNAVAILABLE, "the server is shutting down"]);
  }
  assert.deepEqual(server.errors(), []);
});

test("streaming calls have a limit of their own, and their end frees a place", async (t) => {
  const server = await serve(t, {}, { maxConcurrentCalls: 1, maxConcurrentStreamingCalls: 1 });
  const first = server.bidiStream();
  const outcome = readAll(first);
  first.write(requestOf("a"));
  await once(first, "data");
  const rejections = await Promise.all([
    readAll(server.serverStream()),
    readAll(server.bidiStream()),
    server.clientStream().outcome,
  ]);
  for (const { code, details, metadata } of rejections) {
    assert.equal(code, status.RESOURCE_EXHAUSTED);
    assert.equal(details, "the server is at its limit of 1 concurrent streaming calls");
    assert.deepEqual(metadata.get("grpc-retry-pushback-ms"), ["100"]);
  }
  assert.equal(await server.unary("meanwhile"), "meanwhile");
  first.end();
  assert.equal((await outcome).code, status.OK);
  const { call, outcome: next } = server.clientStream();
  call.end();
  assert.equal((await next).code, status.OK);
});

test("a deadline ends a stream, and aborts its signal with DEADLINE_EXCEEDED", async (t) => {
  const finished = signal();
  let call: ServerCall | undefined;
  const server = await serve(t, {
    async *serverStream(_request, serverCall) {
      call = serverCall;
      try {
        yield responseOf("a");
        await once(serverCall.signal, "abort");
      } finally {
        finished.fire();
      }
    },
  });
  const { code, values } = await readAll(server.serverStream({ deadline: Date.now() + 200 }));
  assert.deepEqual([code, values], [status.DEADLINE_EXCEEDED, ["a"]]);
  await finished.fired;
  assert.ok(call?.signal.reason instanceof StatusError);
  assert.equal(call.signal.reason.code, status.DEADLINE_EXCEEDED);
  assert.deepEqual(server.log.lines, []);
});
