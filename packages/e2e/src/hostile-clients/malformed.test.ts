import assert from "node:assert/strict";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { HelloClient } from "@hello/client";
import { message } from "@hello/testing/http2-frames";
import { listenHttp2 } from "@hello/testing/peer";
import { rawCall } from "../raw-call.js";
import { startServer } from "../server-process.js";

const malformed = {
  "bytes that never occur in UTF-8": "0a03fffefd",
  "an encoded surrogate": "0a03eda080",
  "a truncated character": "0a02e4b8",
  "a truncated message": "0a05416461",
  "a field of another wire type": "0801",
};

test("answers a malformed request with INTERNAL, and the next request with a greeting", async () => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  for (const [what, bytes] of Object.entries(malformed)) {
    const { headers, body } = await rawCall(server.address, "/Hello/Hello", message(Buffer.from(bytes, "hex")));
    assert.equal(headers["grpc-status"], String(status.INTERNAL), what);
    assert.equal(body.length, 0, what);
    assert.equal(await client.hello("Ada"), "Hello Ada", what);
  }
});

test("reports a malformed response as INTERNAL, and reads the next response", async () => {
  const good = Buffer.from("\n\x09Hello Ada").toString("hex");
  const responses = Object.values(malformed).flatMap((bytes) => [bytes, good]);
  await using server = await listenHttp2((stream) => {
    stream.respond({ "content-type": "application/grpc" }, { waitForTrailers: true });
    stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": "0" }));
    stream.end(message(Buffer.from(responses.shift() ?? "", "hex")));
  });
  await using client = new HelloClient(server.address);
  for (const what of Object.keys(malformed)) {
    await assert.rejects(client.hello("Ada"), { name: "RpcError", code: status.INTERNAL }, what);
    assert.equal(await client.hello("Ada"), "Hello Ada", what);
  }
});

test("rejects a name with a lone surrogate as INTERNAL, and sends the next name", async () => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  for (const name of ["\ud800", `${"a".repeat(100)}\udfff`]) {
    await assert.rejects(client.hello(name), { name: "RpcError", code: status.INTERNAL, message: /lone surrogate/ });
    assert.equal(await client.hello("Ada"), "Hello Ada");
  }
});
