import assert from "node:assert/strict";
import { test } from "node:test";
import { Metadata, type ServiceError, status } from "@grpc/grpc-js";
import { serveEcho } from "../../test/echo-server.js";
import { badRequest } from "./error-details.js";
import { StatusError, type StatusErrorOptions } from "./status-error.js";

/** Returns the status that a client receives when a handler throws an error, and the log. */
async function statusFor(error: StatusError) {
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

const unusualTexts = {
  "lone surrogates": ["no \ud800 such \udfff", "no \ufffd such \ufffd"],
  "newlines and NUL": ["no\r\nsuch\n\0name\t"],
  "percent signs": ["100 % of %41 %zz"],
  "other scripts": ["名前 👩🏽‍🚀 ü"],
  "surrounding space": [" no such name "],
  "no characters": [""],
} as const;

for (const [description, [sent, received = sent]] of Object.entries(unusualTexts)) {
  test(`sends a text with ${description}`, async () => {
    const { code, details, log } = await statusFor(notFound(sent));
    assert.equal(code, status.NOT_FOUND);
    assert.equal(details, received);
    assert.deepEqual(log, []);
  });
}

for (const character of ["x", "%", "\n", "ü", "名", "👩"]) {
  test(`truncates a text of 100 KiB of ${JSON.stringify(character)} and keeps the status`, async () => {
    const text = character.repeat(102_400 / character.length);
    const { code, details } = await statusFor(notFound(text));
    assert.equal(code, status.NOT_FOUND);
    assert.ok(details.endsWith("…") && text.startsWith(details.slice(0, -1)), details.slice(-10));
    assert.ok(encodeURI(details).length > 2_000 && encodeURI(details).length <= 2_048, `${encodeURI(details).length}`);
  });
}

test("sends metadata, including several values of a key and binary values", async () => {
  const blob = Buffer.from([0, 255, 44]);
  const { metadata } = await statusFor(
    notFound("", {
      metadata: metadataOf(["a", "1"], ["a", "2, 3"], ["empty", ""], ["space", " x "], ["blob-bin", blob]),
    }),
  );
  assert.deepEqual(metadata.get("a"), ["1, 2, 3"]);
  assert.deepEqual(metadata.get("empty"), [""]);
  assert.deepEqual(metadata.get("space"), ["x"]);
  assert.deepEqual(metadata.get("blob-bin"), [blob]);
});

test("sends a retry pushback in the metadata", async () => {
  const { metadata } = await statusFor(notFound("", { metadata: metadataOf(["grpc-retry-pushback-ms", "100"]) }));
  assert.deepEqual(metadata.get("grpc-retry-pushback-ms"), ["100"]);
});

test("ignores metadata that would change the status, its text or the content type", async () => {
  const metadata = metadataOf(["grpc-status", "0"], ["grpc-message", "all is well"], ["content-type", "text/html"]);
  const { code, details } = await statusFor(notFound("no such name", { metadata }));
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
  test(`omits metadata with the key "${key}", which HTTP/2 forbids, and sends the rest`, async () => {
    const metadata = metadataOf([key, value], ["a", "1"]);
    const { code, details, metadata: received, log } = await statusFor(notFound("no such name", { metadata }));
    assert.equal(code, status.NOT_FOUND);
    assert.equal(details, "no such name");
    assert.deepEqual(received.get(key), []);
    assert.deepEqual(received.get("a"), ["1"]);
    assert.deepEqual(log, []);
  });
}

test("joins the values of a key that HTTP allows only once", async () => {
  const metadata = metadataOf(["location", "here"], ["location", "there"]);
  const { code, details, metadata: received, log } = await statusFor(notFound("no such name", { metadata }));
  assert.equal(code, status.NOT_FOUND);
  assert.equal(details, "no such name");
  assert.deepEqual(received.get("location"), ["here, there"]);
  assert.deepEqual(log, []);
});

test("omits metadata that is too large for clients, logs a warning and sends the status", async () => {
  for (const value of ["x".repeat(5_600), "x".repeat(60_000)]) {
    const { code, details, metadata, log } = await statusFor(notFound("text", { metadata: metadataOf(["a", value]) }));
    assert.equal(code, status.NOT_FOUND);
    assert.equal(details, "text");
    assert.deepEqual(metadata.get("a"), []);
    assert.equal(log.length, 1);
    assert.match(log[0] ?? "", new RegExp(`"level":40.*"omittedBytes":${value.length + 33}`));
  }
  const { metadata } = await statusFor(notFound("", { metadata: metadataOf(["a", "x".repeat(5_599)]) }));
  assert.equal(String(metadata.get("a")).length, 5_599);
});

test("omits metadata with too many entries for clients, logs a warning and sends the status", async () => {
  const withEntries = (count: number) =>
    notFound("text", {
      metadata: metadataOf(...Array.from({ length: count }, (_, n): [string, string] => [`n${n}`, "1"])),
    });
  for (const error of [withEntries(130), notFound("text", { metadata: metadataOf(...Array(130).fill(["n", "1"])) })]) {
    const { code, metadata, log } = await statusFor(error);
    assert.equal(code, status.NOT_FOUND);
    assert.deepEqual(metadata.get("n"), []);
    assert.deepEqual(metadata.get("n1"), []);
    assert.match(log.join(), /"level":40.*metadata omitted/);
  }
  const { code, metadata } = await statusFor(withEntries(112));
  assert.equal(code, status.NOT_FOUND);
  assert.deepEqual(metadata.get("n111"), ["1"]);
});

test("logs a cause once, with the status, and does not send it", async () => {
  const { code, details, metadata, log } = await statusFor(notFound("no such name", { cause: new Error("secret") }));
  assert.equal(code, status.NOT_FOUND);
  assert.doesNotMatch(JSON.stringify([details, metadata]), /secret/);
  assert.equal(log.length, 1);
  assert.match(log[0] ?? "", /"level":50.*NOT_FOUND: no such name.*to-wire-status\.test\.ts.*Error: secret/);
});

test("answers INVALID_ARGUMENT to a bad request, with its fields in the status details", async () => {
  const { code, details, metadata } = await statusFor(
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

test("rejects OK and unknown codes", () => {
  for (const code of [status.OK, 17, -1, 1.5]) {
    assert.throws(() => new StatusError(code, "text"), RangeError);
  }
});
