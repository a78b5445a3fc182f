import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata } from "@grpc/grpc-js";
import { HelloClient } from "./hello-client.js";
import type { MetadataInit } from "./rpc/metadata.js";
import { greet, serve } from "./test-server.js";

test("metadata goes out as text, bytes and lists", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  await client.hello("World", { metadata: { "X-Id": "42", list: ["a", "b"], "raw-bin": new Uint8Array([0, 255]) } });
  const received = server.calls[0]?.metadata;
  assert.deepEqual(received?.get("x-id"), ["42"]);
  assert.deepEqual(received?.get("list"), ["a, b"]);
  assert.deepEqual(received?.get("raw-bin"), [Buffer.from([0, 255])]);
});

test("a call does not inherit what another one sent", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  await client.hello("World", { metadata: { "x-id": "42" } });
  await client.hello("World");
  assert.deepEqual(server.calls[1]?.metadata.get("x-id"), []);
});

const impossible: readonly (readonly [MetadataInit, RegExp])[] = [
  [{ "x-id": "líne\n" }, /^metadata "x-id" cannot be sent: /],
  [{ "x y": "" }, /^metadata "x y" cannot be sent: /],
  [{ "x-bin": "text" }, /^metadata "x-bin" cannot be sent: /],
  [{ "grpc-timeout": "1S" }, /^metadata "grpc-timeout" is reserved for gRPC itself$/],
];
for (const [metadata, message] of impossible) {
  test(`metadata ${JSON.stringify(metadata)} is refused`, async () => {
    await using client = new HelloClient("127.0.0.1:1");
    await assert.rejects(client.hello("World", { metadata }), { name: "TypeError", message });
  });
}

test("a call can give response metadata and trailers", async () => {
  await using server = await serve({
    hello: (call, callback) => {
      const metadata = new Metadata();
      metadata.set("x-first", "1");
      call.sendMetadata(metadata);
      const trailers = new Metadata();
      trailers.set("x-last-bin", Buffer.from([1, 2]));
      greet(call, (error, response) => callback(error, response, trailers));
    },
  });
  await using client = new HelloClient(server.target);
  const { greeting, metadata, trailers } = await client.helloWithMetadata("World");
  assert.equal(greeting, "Hello World");
  assert.deepEqual(metadata["x-first"], ["1"]);
  assert.deepEqual(trailers["x-last-bin"], [Buffer.from([1, 2])]);
  assert.equal(trailers["toString"], undefined);
});

test("a failed call that would give metadata rejects like any other", async () => {
  await using client = new HelloClient("127.0.0.1:1", { retry: false });
  await assert.rejects(client.helloWithMetadata("World"), { name: "RpcError", status: "UNAVAILABLE" });
});
