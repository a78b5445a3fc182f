import assert from "node:assert/strict";
import { connect, constants, type OutgoingHttpHeaders } from "node:http2";
import { test } from "node:test";
import { listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";
import { type MetadataInit, toGrpcMetadata } from "./metadata.js";

test("sends text, bytes and lists as metadata", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await client.echo("World", {
    metadata: { "X-Id": "42", list: ["a", "b"], "raw-bin": new Uint8Array([0, 255]), space: " a b " },
  });
  const received = server.calls[0]?.metadata;
  assert.deepEqual(received?.get("x-id"), ["42"]);
  assert.deepEqual(received?.get("list"), ["a, b"]);
  assert.deepEqual(received?.get("raw-bin"), [Buffer.from([0, 255])]);
  assert.deepEqual(received?.get("space"), ["a b"]);
});

test("does not send the metadata of one call with the next", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await client.echo("World", { metadata: { "x-id": "42" } });
  await client.echo("World");
  assert.deepEqual(server.calls[1]?.metadata.get("x-id"), []);
});

const invalid: readonly (readonly [MetadataInit, RegExp])[] = [
  [{ "x-id": "líne\n" }, /^invalid metadata "x-id": the value must be printable ASCII; /],
  [{ "x y": "" }, /^invalid metadata "x y": a key may contain only /],
  [{ "x-bin": "text" }, /^invalid metadata "x-bin": the value must be a Uint8Array, /],
  [{ "grpc-timeout": "1S" }, /^invalid metadata "grpc-timeout": the key is reserved for gRPC or HTTP$/],
  [{ Connection: "close" }, /^invalid metadata "Connection": the key is reserved for gRPC or HTTP$/],
  [{ "content-length": "1" }, /^invalid metadata "content-length": the key is reserved for gRPC or HTTP$/],
  [{ date: ["a", "b"] }, /^invalid metadata "date": HTTP allows only one value for this key$/],
  [{ Date: "a", date: "b" }, /^invalid metadata "date": HTTP allows only one value for this key$/],
];
for (const [metadata, message] of invalid) {
  test(`rejects metadata ${JSON.stringify(metadata)}`, async () => {
    await using client = new EchoClient("127.0.0.1:1");
    await assert.rejects(client.echo("World", { metadata }), { name: "TypeError", message });
  });
}

// If Node refuses to send a key, grpc-js retries the call forever.
test("rejects every key that Node refuses to send", async () => {
  await using peer = await listenHttp2((stream) => stream.respond({ "grpc-status": "0" }, { endStream: true }));
  const session = connect(`http://${peer.address}`);
  const nodeSends = (headers: OutgoingHttpHeaders) => {
    try {
      session
        .request(headers)
        .on("error", () => {})
        .close();
      return true;
    } catch {
      return false;
    }
  };
  const { HTTP2_HEADER_STATUS: _, ...names } = constants;
  for (const [constant, name] of Object.entries(names)) {
    if (!constant.startsWith("HTTP2_HEADER_") || typeof name !== "string" || name.startsWith(":")) {
      continue;
    }
    const clientAccepts = (value: string | string[]) => {
      try {
        toGrpcMetadata({ [name]: value }, {});
        return true;
      } catch {
        return false;
      }
    };
    assert.ok(!clientAccepts("x") || nodeSends({ [name]: "x" }), name);
    assert.ok(!clientAccepts(["x", "y"]) || nodeSends({ [name]: ["x", "y"] }), `${name} twice`);
  }
  session.destroy();
});
