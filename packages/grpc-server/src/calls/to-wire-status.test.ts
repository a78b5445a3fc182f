import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { serveEcho } from "../../test/echo-server.js";
import { badRequest } from "./bad-request.js";
import { StatusError, type StatusErrorOptions } from "./status-error.js";

/** Returns what a client gets, and what is logged, when a handler throws an error. */
async function answered(error: StatusError) {
  await using server = await serveEcho({ unary: () => Promise.reject(error) });
  const { code, details, metadata } = await server.unary().then(
    () => assert.fail("the call succeeded"),
    (error: ServiceError) => error,
  );
  return { code, details, metadata, log: server.log.lines.map((line) => JSON.stringify(line)) };
}

function notFound(details: string, options?: StatusErrorOptions) {
  return new StatusError(status.NOT_FOUND, details, options);
}

function metadataOf(...entries: [key: string, value: string | Buffer][]): Metadata {
  const metadata = new Metadata();
  for (const [key, value] of entries) {
    metadata.add(key, value);
  }
  return metadata;
}

const odd = {
  "lone surrogates": ["no \ud800 such \udfff", "no \ufffd such \ufffd"],
  "newlines and NUL": ["no\r\nsuch\n\0name\t"],
  "percent signs": ["100 % of %41 %zz"],
  "other scripts": ["名前 👩🏽‍🚀 ü"],
  "space around it": [" no such name "],
  nothing: [""],
} as const;

for (const [what, [sent, received = sent]] of Object.entries(odd)) {
  test(`a text with ${what} arrives`, async () => {
    const { code, details, log } = await answered(notFound(sent));
    assert.equal(code, status.NOT_FOUND);
    assert.equal(details, received);
    assert.deepEqual(log, []);
  });
}

for (const character of ["x", "%", "\n", "ü", "名", "👩"]) {
  test(`a text of 100 KiB of ${JSON.stringify(character)} is cut, with its status unchanged`, async () => {
    const text = character.repeat(102_400 / character.length);
    const { code, details } = await answered(notFound(text));
    assert.equal(code, status.NOT_FOUND);
    assert.ok(details.endsWith("…") && text.startsWith(details.slice(0, -1)), details.slice(-10));
    assert.ok(encodeURI(details).length > 2_000 && encodeURI(details).length <= 2_048, `${encodeURI(details).length}`);
  });
}

test("metadata arrives, several values of a key and binary ones too", async () => {
  const blob = Buffer.from([0, 255, 44]);
  const { metadata } = await answered(
    notFound("", {
      metadata: metadataOf(["a", "1"], ["a", "2, 3"], ["empty", ""], ["space", " x "], ["blob-bin", blob]),
    }),
  );
  assert.deepEqual(metadata.get("a"), ["1, 2, 3"]);
  assert.deepEqual(metadata.get("empty"), [""]);
  assert.deepEqual(metadata.get("space"), ["x"]);
  assert.deepEqual(metadata.get("blob-bin"), [blob]);
});

test("metadata can ask the client to wait before it tries again", async () => {
  const { metadata } = await answered(notFound("", { metadata: metadataOf(["grpc-retry-pushback-ms", "100"]) }));
  assert.deepEqual(metadata.get("grpc-retry-pushback-ms"), ["100"]);
});

test("metadata cannot change the status, its text or its framing", async () => {
  const metadata = metadataOf(["grpc-status", "0"], ["grpc-message", "all is well"], ["content-type", "text/html"]);
  const { code, details } = await answered(notFound("no such name", { metadata }));
  assert.equal(code, status.NOT_FOUND);
  assert.equal(details, "no such name");
});

for (const [key, value] of Object.entries({
  connection: "close",
  "content-length": "5",
  "http2-settings": "x",
  "keep-alive": "1",
  "proxy-connection": "close",
  te: "x",
  "transfer-encoding": "chunked",
  upgrade: "h2c",
  "a:b": "1",
})) {
  test(`metadata called ${key}, which HTTP/2 forbids, is left out, and the status arrives with the rest`, async () => {
    const metadata = metadataOf([key, value], ["a", "1"]);
    const { code, details, metadata: received, log } = await answered(notFound("no such name", { metadata }));
    assert.equal(code, status.NOT_FOUND);
    assert.equal(details, "no such name");
    assert.deepEqual(received.get(key), []);
    assert.deepEqual(received.get("a"), ["1"]);
    assert.deepEqual(log, []);
  });
}

test("several values of a key that HTTP allows once arrive joined", async () => {
  const metadata = metadataOf(["location", "here"], ["location", "there"]);
  const { code, details, metadata: received, log } = await answered(notFound("no such name", { metadata }));
  assert.equal(code, status.NOT_FOUND);
  assert.equal(details, "no such name");
  assert.deepEqual(received.get("location"), ["here, there"]);
  assert.deepEqual(log, []);
});

test("more metadata than clients take is left out, with a warning, and the status arrives", async () => {
  for (const value of ["x".repeat(5_600), "x".repeat(60_000)]) {
    const { code, details, metadata, log } = await answered(notFound("text", { metadata: metadataOf(["a", value]) }));
    assert.equal(code, status.NOT_FOUND);
    assert.equal(details, "text");
    assert.deepEqual(metadata.get("a"), []);
    assert.equal(log.length, 1);
    assert.match(log[0] ?? "", new RegExp(`"level":40.*"omittedBytes":${value.length + 33}`));
  }
  const { metadata } = await answered(notFound("", { metadata: metadataOf(["a", "x".repeat(5_599)]) }));
  assert.equal(String(metadata.get("a")).length, 5_599);
});

test("more entries than clients take are left out, with a warning, and the status arrives", async () => {
  const numbered = (count: number) =>
    notFound("text", {
      metadata: metadataOf(...Array.from({ length: count }, (_, n): [string, string] => [`n${n}`, "1"])),
    });
  for (const error of [numbered(130), notFound("text", { metadata: metadataOf(...Array(130).fill(["n", "1"])) })]) {
    const { code, metadata, log } = await answered(error);
    assert.equal(code, status.NOT_FOUND);
    assert.deepEqual(metadata.get("n"), []);
    assert.deepEqual(metadata.get("n1"), []);
    assert.match(log.join(), /"level":40.*metadata left out/);
  }
  const { code, metadata } = await answered(numbered(112));
  assert.equal(code, status.NOT_FOUND);
  assert.deepEqual(metadata.get("n111"), ["1"]);
});

test("a cause is logged once, with the status, and does not reach the client", async () => {
  const { code, details, metadata, log } = await answered(notFound("no such name", { cause: new Error("secret") }));
  assert.equal(code, status.NOT_FOUND);
  assert.doesNotMatch(JSON.stringify([details, metadata]), /secret/);
  assert.equal(log.length, 1);
  assert.match(log[0] ?? "", /"level":50.*NOT_FOUND: no such name.*to-wire-status\.test\.ts.*Error: secret/);
});

test("wrong fields become INVALID_ARGUMENT, with a status of the same code and text in the trailers", async () => {
  const { code, details, metadata } = await answered(
    badRequest({ field: "value", description: "too long" }, { field: "other", description: "missing" }),
  );
  assert.equal(code, status.INVALID_ARGUMENT);
  assert.equal(details, "value: too long; other: missing");
  const [encoded, ...more] = metadata.get("grpc-status-details-bin");
  assert.deepEqual(more, []);
  assert.ok(encoded instanceof Buffer);
  const head = Buffer.from("\x08\x03\x12\x1fvalue: too long; other: missing\x1a");
  assert.deepEqual(encoded.subarray(0, head.length), head);
  assert.match(encoded.toString(), /type\.googleapis\.com\/google\.rpc\.BadRequest/);
});

test("OK and unknown codes are no failures", () => {
  for (const code of [status.OK, 17, -1, 1.5]) {
    assert.throws(() => new StatusError(code, "text"), RangeError);
  }
});
