import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { toStrictMethod } from "./strict-utf8.js";

const unary = toStrictMethod(EchoService.unary);
const descriptorSet: string = Reflect.get(EchoService, Symbol.for("grpc.descriptorSet"));

const encodeRequest = (text: string) => unary.requestSerialize(new EchoRequest().setValue(text));
const decodeRequest = (bytes: Buffer) => unary.requestDeserialize(bytes).getValue();
const encodeResponse = (text: string) => unary.responseSerialize(new EchoResponse().setValue(text));
const decodeResponse = (bytes: Buffer) => unary.responseDeserialize(bytes).getValue();

/** Another implementation of protobuf, with the message type from the committed descriptors. */
const independent = (() => {
  const descriptors = fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSet));
  const type = createFileRegistry(descriptors).getMessage("testing.v1.EchoRequest");
  assert.ok(type);
  return {
    encode: (value: string) => toBinary(type, create(type, { value })),
    decode: (bytes: Uint8Array) => (fromBinary(type, bytes) as unknown as { value: string }).value,
  };
})();

/** Encodes field 1 with the given bytes. */
function field(...bytes: number[]): Buffer {
  assert.ok(bytes.length < 128, "the length must fit into one byte");
  return Buffer.from([0x0a, bytes.length, ...bytes]);
}

/** Creates a seeded generator of pseudorandom integers from 0 to below a bound. */
function createRandom(seed: number): (bound: number) => number {
  let state = seed;
  return (bound) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return Math.floor((state / 2 ** 32) * bound);
  };
}

/** Returns the result of a function, or `undefined` if it throws. */
function attempt<Value>(subject: () => Value): Value | undefined {
  try {
    return subject();
  } catch {
    return undefined;
  }
}

const notUtf8 = {
  "a continuation byte alone": [0x80],
  "a truncated sequence of two bytes": [0xc3],
  "a truncated sequence of three bytes": [0xe4, 0xb8],
  "a truncated sequence of four bytes": [0xf0, 0x9f, 0x98],
  "a sequence cut short by another character": [0xe4, 0xb8, 0x41],
  "an overlong NUL": [0xc0, 0x80],
  "an overlong slash of two bytes": [0xc0, 0xaf],
  "an overlong slash of three bytes": [0xe0, 0x80, 0xaf],
  "an overlong slash of four bytes": [0xf0, 0x80, 0x80, 0xaf],
  "the first surrogate": [0xed, 0xa0, 0x80],
  "the last surrogate": [0xed, 0xbf, 0xbf],
  "a surrogate pair": [0xed, 0xa0, 0xbd, 0xed, 0xb8, 0x80],
  "a code point above U+10FFFF": [0xf4, 0x90, 0x80, 0x80],
  "a sequence of five bytes": [0xf8, 0x88, 0x80, 0x80, 0x80],
  "bytes that never occur in UTF-8": [0xff, 0xfe, 0xfd],
};
for (const [description, bytes] of Object.entries(notUtf8)) {
  test(`rejects ${description} at any position, in request and response`, () => {
    const padding = Array<number>(60).fill(0x61);
    for (const text of [bytes, [...padding, ...bytes], [...bytes, ...padding], [...padding, ...bytes, ...padding]]) {
      assert.throws(() => decodeRequest(field(...text)), /^TypeError: field 1 is not valid UTF-8$/);
      assert.throws(() => decodeResponse(field(...text)), /^TypeError: field 1 is not valid UTF-8$/);
    }
  });
}

for (const [kind, lone] of Object.entries({
  high: "\ud83d",
  low: "\ude00",
  "pair in reverse order": "\ude00\ud83d",
})) {
  test(`rejects a lone surrogate (${kind}) at any position, in request and response`, () => {
    for (const padding of ["", "a", "é".repeat(100)]) {
      for (const text of [lone, padding + lone, lone + padding, padding + lone + padding]) {
        assert.throws(() => encodeRequest(text), /^TypeError: field 1 contains a lone surrogate/);
        assert.throws(() => encodeResponse(text), /^TypeError: field 1 contains a lone surrogate/);
      }
    }
  });
}

test("round-trips every kind of character and text of every length", () => {
  const edges = [0x0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x10ffff];
  const random = createRandom(1);
  const character = () => {
    const bound = [0x80, 0x800, 0x10000, 0x110000][random(4)] ?? 0;
    const codePoint = random(4) === 0 ? (edges[random(edges.length)] ?? 0) : random(bound);
    // Surrogates are not characters.
    return String.fromCodePoint(codePoint >= 0xd800 && codePoint < 0xe000 ? codePoint - 0x800 : codePoint);
  };
  const texts = Array.from({ length: 2_000 }, () => Array.from({ length: random(200) }, character).join(""));
  texts.push(
    ...edges.map((codePoint) => String.fromCodePoint(codePoint)),
    "é".repeat(2 ** 19),
    "\u{1f600}".repeat(2 ** 18),
  );
  for (const text of texts) {
    const bytes = encodeRequest(text);
    assert.ok(bytes.equals(independent.encode(text)), `wrong encoding of ${JSON.stringify(text.slice(0, 300))}`);
    assert.ok(decodeRequest(bytes) === text, `wrong decoding of ${JSON.stringify(text.slice(0, 300))}`);
    assert.ok(decodeResponse(encodeResponse(text)) === text);
  }
});

// The random fields avoid two harmless differences: field 1 with the wire type of a number, which only this
// implementation rejects, and field numbers above 29 bits, which this one may skip and others reject.
test("accepts and rejects random fields like an independent implementation", () => {
  const random = createRandom(2);
  const textBytes = [
    0x00, 0x41, 0x7f, 0x80, 0xa0, 0xbf, 0xc3, 0xa9, 0xe4, 0xb8, 0x96, 0xed, 0xf0, 0x9f, 0x98, 0x80, 0xff,
  ];
  const bytes = (length: number) => Array.from({ length }, () => textBytes[random(textBytes.length)] ?? 0);
  const text = () => [
    ...(random(4) === 0 ? bytes(random(5)) : Buffer.from(["", "A", "é", "世", "😀"][random(5)] ?? "")),
  ];
  const delimited = (tag: number, payload: number[]) => [tag, payload.length, ...payload];
  const fields = [
    () => delimited(0x0a, text()),
    () => delimited(0x0a, text()),
    () => delimited(0x32, bytes(random(4))),
    () => [0x30, random(128)],
    () => [0x31, ...bytes(8)],
    () => [0x35, ...bytes(4)],
    () => [0x33, ...delimited(0x3a, bytes(2)), 0x34],
    () => [[0x33], [0x34], [0x00], [0x36], [0x37]][random(20)] ?? [],
  ];
  const counts = { accepted: 0, rejected: 0 };
  for (let round = 0; round < 20_000; round++) {
    const whole = Buffer.from(Array.from({ length: random(4) }, () => fields[random(fields.length)]?.() ?? []).flat());
    const message = random(3) === 0 ? whole.subarray(0, random(whole.length + 1)) : whole;
    const ours = attempt(() => decodeRequest(message));
    assert.equal(
      ours,
      attempt(() => independent.decode(message)),
      message.toString("hex"),
    );
    counts[ours === undefined ? "rejected" : "accepted"]++;
  }
  assert.ok(Math.min(counts.accepted, counts.rejected) > 2_000, JSON.stringify(counts));
});

test("decodes the next message after a malformed one", () => {
  for (const malformed of ["0a05", "0a01ff", "0800", "0b", "0c", "00", "ffffffffffffffffffff01"]) {
    assert.throws(() => decodeRequest(Buffer.from(malformed, "hex")), malformed);
    assert.equal(decodeRequest(Buffer.from("0a03416461", "hex")), "Ada");
    assert.equal(decodeRequest(Buffer.alloc(0)), "");
  }
});

test("encodes the next message after one with a lone surrogate", () => {
  for (const malformed of ["\ud800", `${"a".repeat(100)}\ud800`]) {
    assert.throws(() => encodeRequest(malformed));
    assert.equal(encodeRequest("Ada").toString("hex"), "0a03416461");
    assert.equal(encodeRequest("").toString("hex"), "");
  }
});

test("encodes and decodes messages without changing earlier ones", () => {
  const ada = encodeRequest("Ada");
  const request = unary.requestDeserialize(ada);
  encodeRequest("Grace");
  decodeRequest(encodeRequest("Grace".repeat(100)));
  assert.equal(ada.toString("hex"), "0a03416461");
  assert.equal(request.getValue(), "Ada");
});

test("rejects a message of another type, and names the expected type", () => {
  const wrongType = { getValue: () => "Ada" } as unknown as EchoRequest;
  assert.throws(() => unary.requestSerialize(wrongType), /EchoRequest/);
  assert.throws(() => unary.responseSerialize(new EchoRequest() as unknown as EchoResponse), /EchoResponse/);
});

test("leaves the rest of the method unchanged, and returns the same object each time", () => {
  const { path, requestStream, responseStream } = EchoService.unary;
  assert.deepEqual(Object.keys(unary), Object.keys(EchoService.unary));
  assert.deepEqual(
    { path: unary.path, requestStream: unary.requestStream, responseStream: unary.responseStream },
    { path, requestStream, responseStream },
  );
  assert.equal(toStrictMethod(EchoService.unary), unary);
});

test("returns a method unchanged if google-protobuf did not generate it", () => {
  const method = { path: "/a/b", requestSerialize: (text: string) => Buffer.from(text) };
  assert.equal(toStrictMethod(method), method);
});
