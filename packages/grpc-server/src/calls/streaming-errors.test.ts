import assert from "node:assert/strict";
import { once } from "node:events";
import { test } from "node:test";
import { Metadata, status } from "@grpc/grpc-js";
import type { EchoResponse } from "@hello/testing/echo";
import { readAll, requestOf, responseOf, serveStreams, signal } from "../../test/streaming-client.js";
import { StatusError } from "./status-error.js";

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
      const server = await serveStreams(t, { [kind]: handler });
      const { code, details, values: received } = await readAll(server[kind]());
      assert.deepEqual([code, details, received], [status.INTERNAL, "internal error", values]);
      assert.equal(server.log.lines.length, 1);
      assert.match(JSON.stringify(server.errors()), /secret.*streaming-errors\.test\.ts/);
      assert.equal(await server.unary("next"), "next");
    });
  }
}

test("serverStream: a handler that throws before it returns an iterable ends the call", async (t) => {
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
  test(`clientStream: a rejection ${position} ends the call with its status`, async (t) => {
    const server = await serveStreams(t, {
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

test("a response of the wrong type ends the stream with INTERNAL and runs finally", async (t) => {
  const finished = signal();
  const server = await serveStreams(t, {
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

test("an iterator whose return() throws does not end the process", async (t) => {
  const returned = signal();
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
