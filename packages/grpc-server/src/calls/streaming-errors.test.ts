import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import type { EchoResponse } from "@hello/testing/echo";
import { deferred, readAll, requestOf, responseOf, serveStreams } from "../../test/streaming-client.js";
import { StatusError } from "./status-error.js";

/** Throws, without making the code after it unreachable for TypeScript. */
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
    test(`${kind}: answers INTERNAL to a throw ${position} and logs it once`, async (t) => {
      const server = await serveStreams(t, { [kind]: handler });
      const { code, details, values: received } = await readAll(server[kind]());
      assert.deepEqual([code, details, received], [status.INTERNAL, "internal error", values]);
      assert.equal(server.log.lines.length, 1);
      assert.match(JSON.stringify(server.errors()), /secret.*streaming-errors\.test\.ts/);
      assert.equal(await server.unary("next"), "next");
    });
  }
}

test("serverStream: answers the status of a handler that throws before it returns an iterable", async (t) => {
  const server = await serveStreams(t, {
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
  test(`clientStream: answers the status of a rejection ${position}`, async (t) => {
    const server = await serveStreams(t, {
      async clientStream(requests) {
        let remaining = reads;
        for await (const _ of requests) {
          if (--remaining <= 0 && reads < 2) {
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
  test(`joins metadata of a key that HTTP allows only once, in a status ${position} a response`, async (t) => {
    const metadata = new Metadata();
    metadata.add("location", "here");
    metadata.add("location", "there");
    const server = await serveStreams(t, {
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

test("answers INTERNAL to a response of the wrong type and runs finally", async (t) => {
  const finished = deferred();
  const server = await serveStreams(t, {
    async *serverStream() {
      try {
        yield responseOf("a");
        yield {} as EchoResponse;
        yield responseOf("b");
      } finally {
        finished.resolve();
      }
    },
  });
  const { code, values } = await readAll(server.serverStream());
  assert.deepEqual([code, values], [status.INTERNAL, ["a"]]);
  await finished.promise;
  assert.equal(server.log.lines.length, 1);
});

test("survives an iterator whose return() throws", async (t) => {
  const returned = deferred();
  const server = await serveStreams(t, {
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
            returned.resolve();
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
  await returned.promise;
  await server.log.line(({ msg }) => msg === "handler failed");
  assert.equal(await server.unary("next"), "next");
});
