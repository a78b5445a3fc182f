import assert from "node:assert/strict";
import { test } from "node:test";
import { failingCall, withConcurrentCall } from "../../test/concurrent-call.js";
import { requestsOf } from "../../test/request-source.js";
import type { ClientOptions, MetadataInit } from "../index.js";

const invalid: Readonly<Record<string, readonly [metadata: MetadataInit, message: RegExp, client?: ClientOptions]>> = {
  "the same key in upper and lower case": [
    { "If-Match": "a", "if-match": "b" },
    /^invalid metadata "if-match": HTTP allows only one value for this key$/,
  ],
  "two values of a key that HTTP allows only once": [
    { date: ["a", "b"] },
    /^invalid metadata "date": HTTP allows only one value for this key$/,
  ],
  "both a token and authorization": [
    { Authorization: "Bearer b" },
    /^invalid metadata "authorization": the client sends its token under this key$/,
    { token: "a", allowPlaintextToken: true },
  ],
  "a colon in a key": [
    { "a:b": "x" },
    /^invalid metadata "a:b": a key may contain only letters, digits, "_", "-" and "\."$/,
  ],
  "a connection header": [
    { "Transfer-Encoding": "chunked" },
    /^invalid metadata "Transfer-Encoding": the key is reserved for gRPC or HTTP$/,
  ],
  "an emoji": [{ "x-name": "😀" }, /^invalid metadata "x-name": the value must be printable ASCII; send other text /],
  "200 KiB of text": [
    { "x-large": "x".repeat(204_800) },
    /^the metadata is too large: 204839 bytes, and the limit is 65536$/,
  ],
  "200 KiB of bytes in several entries": [
    Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`x-${n}-bin`, Buffer.alloc(10_240)])),
    /^the metadata is too large: 2\d{5} bytes, and the limit is 65536$/,
  ],
};

for (const [entries, [metadata, message, client]] of Object.entries(invalid)) {
  test(`rejects metadata with ${entries} without affecting other calls`, async () => {
    const calls = await withConcurrentCall(failingCall({ metadata }, { name: "TypeError", message }), { client });
    assert.equal(calls, 0);
  });
}

test("rejects invalid metadata of streams and health calls", async () => {
  const options = { metadata: { "a:b": "x" } };
  const expected = { name: "TypeError", message: /^invalid metadata "a:b": / };
  const calls = await withConcurrentCall(async (client) => {
    await assert.rejects(client.collect(requestsOf("a"), options), expected);
    await assert.rejects(client.chat(requestsOf("a"), options).next(), expected);
    await assert.rejects(client.echoStream("a", 1, options).next(), expected);
    await assert.rejects(client.checkHealth("", options), expected);
    await assert.rejects(client.watchHealth("", options).next(), expected);
  });
  assert.equal(calls, 0);
});

test("fails only the call whose metadata exceeds the SETTINGS of the server", async () => {
  const settings = { maxHeaderListSize: 16_384 };
  const metadata = { "x-large": "x".repeat(20_000) };
  const expected = {
    status: "RESOURCE_EXHAUSTED",
    details: /^the metadata is too large: 20\d{3} bytes, and the limit of the server is 16384$/,
    attempts: 1,
  };
  assert.equal(await withConcurrentCall(failingCall({ metadata }, expected), { settings }), 0);
});

test("fails only the call whose token exceeds the SETTINGS of the server", async () => {
  const settings = { maxHeaderListSize: 4_096 };
  let token = "short";
  const client = { token: () => token, allowPlaintextToken: true };
  const calls = await withConcurrentCall(
    async (client) => {
      token = "x".repeat(5_000);
      await failingCall(
        {},
        { status: "RESOURCE_EXHAUSTED", details: /^the metadata is too large: 5\d{3} bytes/ },
      )(client);
      token = "short";
    },
    { settings, client },
  );
  assert.equal(calls, 0);
});

test("sends metadata up to the limit of the server", async () => {
  await withConcurrentCall(
    async (client) => {
      assert.equal(await client.echo("World", { metadata: { "x-large": "x".repeat(15_000) } }), "World");
    },
    { settings: { maxHeaderListSize: 16_384 } },
  );
});

const manyEntries = Object.fromEntries(Array.from({ length: 130 }, (_, number) => [`x-${number}`, "1"]));
for (const part of ["headers", "trailers"] as const) {
  test(`fails only the call whose response has 130 ${part}`, async () => {
    const expected = { status: "RESOURCE_EXHAUSTED", details: /metadata .* has more than 128 entries/ };
    assert.equal(await withConcurrentCall(failingCall({}, expected), { [part]: manyEntries }), 1);
  });
}

test("fails only the call with 130 request headers, more than Node accepts as a server", async () => {
  const expected = { status: "RESOURCE_EXHAUSTED", details: /metadata .* has more than 128 entries/ };
  assert.equal(await withConcurrentCall(failingCall({ metadata: manyEntries }, expected)), 0);
});
