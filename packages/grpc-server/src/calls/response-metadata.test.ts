import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { test } from "node:test";
import { type Metadata, status } from "@grpc/grpc-js";
import { EchoResponse } from "@hello/testing/echo";
import { readAll, requestOf, responseOf, serveStreams } from "../../test/streaming-client.js";
import type { ServerCall } from "./server-call.js";
import { StatusError } from "./status-error.js";

const blob = Buffer.from([0, 255, 44]);

function setMetadata(call: ServerCall): void {
  call.responseMetadata.set("x-initial", "first");
  call.trailers.set("x-trailing-bin", blob);
}

const handlers = {
  async *serverStream(_request: unknown, call: ServerCall) {
    setMetadata(call);
    yield responseOf("a");
    // No effect: the metadata has been sent with the first response.
    call.responseMetadata.set("x-initial", "second");
  },
  async clientStream(requests: AsyncIterable<unknown>, call: ServerCall) {
    for await (const _ of requests) {
      // Discards the requests.
    }
    setMetadata(call);
    return new EchoResponse();
  },
  async *bidiStream(_requests: AsyncIterable<unknown>, call: ServerCall) {
    setMetadata(call);
    yield responseOf("a");
  },
};

for (const kind of ["serverStream", "clientStream", "bidiStream"] as const) {
  test(`${kind}: sends the initial metadata and the trailers of the handler`, async (t) => {
    const server = await serveStreams(t, handlers);
    const opened = server[kind]();
    const call = "outcome" in opened ? opened.call : opened;
    const metadata = once(call, "metadata");
    if ("end" in call) {
      call.write(requestOf("a"));
      call.end();
    }
    const outcome = await ("outcome" in opened ? opened.outcome : readAll(opened));
    const [received]: Metadata[] = await metadata;
    assert.deepEqual(received?.get("x-initial"), ["first"]);
    assert.equal(outcome.code, status.OK);
    assert.deepEqual(outcome.metadata.get("x-trailing-bin"), [blob]);
    assert.deepEqual(server.log.lines, []);
  });
}

test("sends the trailers of the handler with an error", async (t) => {
  const server = await serveStreams(t, {
    serverStream(_request, call) {
      call.trailers.set("x-trace", "abc");
      throw new StatusError(status.NOT_FOUND, "no such name");
    },
  });
  const { code, metadata } = await readAll(server.serverStream());
  assert.equal(code, status.NOT_FOUND);
  assert.deepEqual(metadata.get("x-trace"), ["abc"]);
});

for (const key of ["grpc-status", "content-type", "grpc-encoding"]) {
  test(`does not let a handler replace ${key}`, async (t) => {
    const server = await serveStreams(t, {
      async *serverStream(_request, { responseMetadata, trailers }) {
        responseMetadata.set(key, "13");
        trailers.set(key, "13");
        yield responseOf("a");
      },
    });
    const { code, values } = await readAll(server.serverStream());
    assert.deepEqual([code, values], [status.OK, ["a"]]);
  });
}

const excessiveMetadata: Readonly<Record<string, (metadata: Metadata) => void>> = {
  "10,000 bytes": (metadata) => metadata.set("x-large", "x".repeat(10_000)),
  "130 entries": (metadata) => {
    for (let number = 0; number < 130; number++) {
      metadata.set(`x-${number}`, "1");
    }
  },
};
for (const [excess, add] of Object.entries(excessiveMetadata)) {
  for (const name of ["responseMetadata", "trailers"] as const) {
    test(`fails a call if its ${name} have more than clients accept (${excess}), and logs it`, async (t) => {
      const events = new EventEmitter();
      let calls = 0;
      const server = await serveStreams(t, {
        async *serverStream(_request, call) {
          if (calls++ === 0) {
            events.emit("neighbour started");
            await once(events, "large call ended");
          } else {
            add(call[name]);
          }
          yield responseOf("a");
        },
      });
      const neighbourStarted = once(events, "neighbour started");
      const pending = readAll(server.serverStream());
      await neighbourStarted;
      const large = await readAll(server.serverStream());
      events.emit("large call ended");
      const neighbour = await pending;
      assert.equal(large.code, status.RESOURCE_EXHAUSTED);
      assert.match(
        large.details,
        new RegExp(`^${name} too large: \\d+ bytes .*, but clients accept at most 5632 bytes`),
      );
      assert.deepEqual([neighbour.code, neighbour.values], [status.OK, ["a"]]);
      const failures = server.log.lines.filter(({ level }) => level === 50);
      assert.deepEqual(
        failures.map(({ msg }) => msg),
        ["handler failed"],
      );
    });
  }
}
