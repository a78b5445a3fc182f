import assert from "node:assert/strict";
import { connect, constants, type OutgoingHttpHeaders } from "node:http2";
import { test } from "node:test";
import { listenHttp2 } from "@hello/testing/peer";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";
import { type MetadataInit, toGrpcMetadata } from "./metadata.js";

test("sends metadata as text, bytes and lists", async () => {
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

test("does not carry metadata over to another call", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await client.echo("World", { metadata: { "x-id": "42" } });
  await client.echo("World");
  assert.deepEqual(server.calls[1]?.metadata.get("x-id"), []);
});

const invalid: readonly (readonly [MetadataInit, RegExp])[] = [
  [{ "x-id": "líne\n" }, /^metadata "x-id" cannot be sent: /],
  [{ "x y": "" }, /^metadata "x y" cannot be sent: /],
  [{ "x-bin": "text" }, /^metadata "x-bin" cannot be sent: /],
  [{ "grpc-timeout": "1S" }, /^metadata "grpc-timeout" is reserved for gRPC$/],
  [{ Connection: "close" }, /^metadata "Connection" is reserved for gRPC$/],
  [{ "content-length": "1" }, /^metadata "content-length" is reserved for gRPC$/],
  [{ date: ["a", "b"] }, /^metadata "date" cannot be sent: HTTP allows one value for it$/],
  [{ Date: "a", date: "b" }, /^metadata "date" cannot be sent: HTTP allows one value for it$/],
];
for (const [metadata, message] of invalid) {
  test(`rejects metadata ${JSON.stringify(metadata)}`, async () => {
    await using client = new EchoClient("127.0.0.1:1");
    await assert.rejects(client.echo("World", { metadata }), { name: "TypeError", message });
  });
}

// With a name that Node refuses to send, grpc-js would retry the call forever.
test("rejects the names that Node rejects", async () => {
  await using peer = await listenHttp2((stream) => stream.respond({ "grpc-status": "0" }, { endStream: true }));
  const session = connect(`http://${peer.address}`);
  const isSent = (headers: OutgoingHttpHeaders) => {
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
    const accepts = (value: string | string[]) => {
      try {
        toGrpcMetadata({ [name]: value }, {});
        return true;
      } catch {
        return false;
      }
    };
    assert.ok(!accepts("x") || isSent({ [name]: "x" }), name);
    assert.ok(!accepts(["x", "y"]) || isSent({ [name]: ["x", "y"] }), `${name} twice`);
  }
  session.destroy();
});
