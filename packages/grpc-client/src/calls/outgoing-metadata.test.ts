import assert from "node:assert/strict";
import { test } from "node:test";
import { besideNeighbour, failingCall } from "../../test/neighbour.js";
import { requestsOf } from "../../test/request-source.js";
import type { ClientOptions, MetadataInit } from "../index.js";

const invalid: Readonly<Record<string, readonly [metadata: MetadataInit, message: RegExp, client?: ClientOptions]>> = {
  "a name twice in different case": [
    { "If-Match": "a", "if-match": "b" },
    /^metadata "if-match" cannot be sent: HTTP allows one value for it$/,
  ],
  "two values of a name that HTTP allows once": [
    { date: ["a", "b"] },
    /^metadata "date" cannot be sent: HTTP allows one value for it$/,
  ],
  "a token and authorization": [
    { Authorization: "Bearer b" },
    /^metadata "authorization" cannot be sent: the client sends its token under this name$/,
    { token: "a", allowPlaintextToken: true },
  ],
  "a colon in a name": [
    { "a:b": "x" },
    /^metadata "a:b" cannot be sent: a name has letters, digits, "_", "-" and "\."$/,
  ],
  "a header of the connection": [
    { "Transfer-Encoding": "chunked" },
    /^metadata "Transfer-Encoding" is reserved for gRPC$/,
  ],
  "an emoji": [{ "x-name": "😀" }, /^metadata "x-name" cannot be sent: its value has characters other than printable/],
  "200 KiB": [
    { "x-large": "x".repeat(204_800) },
    /^metadata is too large: 204839 bytes, and at most 65536 can be sent$/,
  ],
  "200 KiB of bytes in several entries": [
    Object.fromEntries(Array.from({ length: 20 }, (_, n) => [`x-${n}-bin`, Buffer.alloc(10_240)])),
    /^metadata is too large: 2\d{5} bytes, and at most 65536 can be sent$/,
  ],
};

for (const [entries, [metadata, message, client]] of Object.entries(invalid)) {
  test(`metadata with ${entries} fails its call alone, before it is sent`, async () => {
    const calls = await besideNeighbour(failingCall({ metadata }, { name: "TypeError", message }), { client });
    assert.equal(calls, 0);
  });
}

test("invalid metadata fails streams before they are sent", async () => {
  const options = { metadata: { "a:b": "x" } };
  const expected = { name: "TypeError", message: /^metadata "a:b" cannot be sent/ };
  const calls = await besideNeighbour(async (client) => {
    await assert.rejects(client.collect(requestsOf("a"), options), expected);
    await assert.rejects(client.chat(requestsOf("a"), options).next(), expected);
    await assert.rejects(client.echoStream("a", 1, options).next(), expected);
    await assert.rejects(client.checkHealth("", options), expected);
    await assert.rejects(client.watchHealth("", options).next(), expected);
  });
  assert.equal(calls, 0);
});

test("metadata that exceeds the SETTINGS of the server fails its call alone", async () => {
  const settings = { maxHeaderListSize: 16_384 };
  const metadata = { "x-large": "x".repeat(20_000) };
  const expected = {
    status: "RESOURCE_EXHAUSTED",
    details: /^the metadata is too large: 20\d{3} bytes, and the server accepts 16384$/,
    attempts: 1,
  };
  assert.equal(await besideNeighbour(failingCall({ metadata }, expected), { settings }), 0);
});

test("a token that exceeds the SETTINGS of the server fails its call alone", async () => {
  const settings = { maxHeaderListSize: 4_096 };
  let token = "short";
  const client = { token: () => token, allowPlaintextToken: true };
  const calls = await besideNeighbour(
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
  await besideNeighbour(
    async (client) => {
      assert.equal(await client.echo("World", { metadata: { "x-large": "x".repeat(15_000) } }), "World");
    },
    { settings: { maxHeaderListSize: 16_384 } },
  );
});

const numbered = Object.fromEntries(Array.from({ length: 130 }, (_, number) => [`x-${number}`, "1"]));
for (const part of ["headers", "trailers"] as const) {
  test(`130 response ${part} fail their call alone`, async () => {
    const expected = { status: "RESOURCE_EXHAUSTED", details: /metadata .* has more than 128 entries/ };
    assert.equal(await besideNeighbour(failingCall({}, expected), { [part]: numbered }), 1);
  });
}

test("130 request headers, which Node refuses as a server, fail their call alone", async () => {
  const expected = { status: "RESOURCE_EXHAUSTED", details: /metadata .* has more than 128 entries/ };
  assert.equal(await besideNeighbour(failingCall({ metadata: numbered }, expected)), 0);
});
