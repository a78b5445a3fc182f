import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:http2";
import type { AddressInfo } from "node:net";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { HelloClient } from "@hello/client";
import { frame, rawCall } from "./raw-call.js";
import { startServer } from "./server-process.js";

const malformed = {
  "bytes that UTF-8 never has": "0a03fffefd",
  "an encoded surrogate": "0a03eda080",
  "a truncated character": "0a02e4b8",
  "a truncated message": "0a05416461",
  "a field of another wire type": "0801",
};

test("a malformed request is refused with INTERNAL, and the next one is greeted", async () => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  for (const [what, bytes] of Object.entries(malformed)) {
    const { headers, body } = await rawCall(server.address, "/Hello/Hello", frame(Buffer.from(bytes, "hex")));
    assert.equal(headers["grpc-status"], String(status.INTERNAL), what);
    assert.equal(body.length, 0, what);
    assert.equal(await client.hello("Ada"), "Hello Ada", what);
  }
});

/** Answers each call with the next of these messages, whatever they are. */
async function startRawServer(messages: readonly string[]) {
  const left = [...messages];
  const server = createServer().on("stream", (stream) => {
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(frame(Buffer.from(left.shift() ?? "", "hex")));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  return {
    target: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    [Symbol.dispose]: () => server.close(),
  };
}

test("a malformed response is an INTERNAL error, and the next one is read", async () => {
  const good = Buffer.from("\n\x09Hello Ada").toString("hex");
  using server = await startRawServer(Object.values(malformed).flatMap((bytes) => [bytes, good]));
  await using client = new HelloClient(server.target);
  for (const what of Object.keys(malformed)) {
    await assert.rejects(client.hello("Ada"), { name: "RpcError", code: status.INTERNAL }, what);
    assert.equal(await client.hello("Ada"), "Hello Ada", what);
  }
});

test("a name with a lone surrogate is an INTERNAL error, and the next one is greeted", async () => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  for (const name of ["\ud800", `${"a".repeat(100)}\udfff`]) {
    await assert.rejects(client.hello(name), { name: "RpcError", code: status.INTERNAL, message: /lone surrogate/ });
    assert.equal(await client.hello("Ada"), "Hello Ada");
  }
});
