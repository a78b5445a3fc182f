import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { create, createFileRegistry, fromBinary, toBinary } from "@bufbuild/protobuf";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { strictMethod } from "./strict-utf8.js";

const unary = strictMethod(EchoService.unary);
const descriptorSet: string = Reflect.get(EchoService, Symbol.for("grpc.descriptorSet"));

const encodeRequest = (text: string) => unary.requestSerialize(new EchoRequest().setValue(text));
const decodeRequest = (bytes: Buffer) => unary.requestDeserialize(bytes).getValue();
const encodeResponse = (text: string) => unary.responseSerialize(new EchoResponse().setValue(text));
const decodeResponse = (bytes: Buffer) => unary.responseDeserialize(bytes).getValue();

/** Independent implementation of protobuf, with the message type of the committed descriptors. */
const independent = (() => {
  const descriptors = fromBinary(FileDescriptorSetSchema, readFileSync(descriptorSet));
  const type = createFileRegistry(descriptors).getMessage("testing.v1.EchoRequest");
  assert.ok(type);
  return {
    encode: (value: string) => toBinary(type, create(type, { value })),
    decode: (bytes: Uint8Array) => (fromBinary(type, bytes) as unknown as { value: string }).value,
  };
})();

/** Encodes field 1 with these bytes. */
function field(...bytes: number[]): Buffer {
  assert.ok(bytes.length < 128, "the length takes more than one byte");
  return Buffer.from([0x0a, bytes.length, ...bytes]);
}

/** Creates a generator of pseudorandom whole numbers below a bound, the same in every run. */
function numbers(seed: number): (bound: number) => number {
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
  "bytes that UTF-8 never has": [0xff, 0xfe, 0xfd],
};
for (const [what, bytes] of Object.entries(notUtf8)) {
  test(`rejects ${what} at any position, in request and response`, () => {
    const padding = Array<number>(60).fill(0x61);
    for (const text of [bytes, [...padding, ...bytes], [...bytes, ...padding], [...padding, ...bytes, ...padding]]) {
      assert.throws(() => decodeRequest(field(...text)), /^TypeError: field 1 is not valid UTF-8$/);
      assert.throws(() => decodeResponse(field(...text)), /^TypeError: field 1 is not valid UTF-8$/);
    }
  });
}

for (const [what, lone] of Object.entries({
  high: "\ud83d",
  low: "\ude00",
  "pair the wrong way round": "\ude00\ud83d",
})) {
  test(`rejects a lone surrogate (${what}) at any position, in request and response`, () => {
    for (const padding of ["", "a", "é".repeat(100)]) {
      for (const text of [lone, padding + lone, lone + padding, padding + lone + padding]) {
        assert.throws(() => encodeRequest(text), /^TypeError: field 1 has a lone surrogate/);
        assert.throws(() => encodeResponse(text), /^TypeError: field 1 has a lone surrogate/);
      }
    }
  });
}

test("round-trips every kind of character and text of every length", () => {
  const edges = [0x0, 0x7f, 0x80, 0x7ff, 0x800, 0xd7ff, 0xe000, 0xfeff, 0xfffd, 0xffff, 0x10000, 0x10ffff];
  const number = numbers(1);
  const character = () => {
    const bound = [0x80, 0x800, 0x10000, 0x110000][number(4)] ?? 0;
    const codePoint = number(4) === 0 ? (edges[number(edges.length)] ?? 0) : number(bound);
    // Surrogates are not characters.
    return String.fromCodePoint(codePoint >= 0xd800 && codePoint < 0xe000 ? codePoint - 0x800 : codePoint);
  };
  const texts = Array.from({ length: 2_000 }, () => Array.from({ length: number(200) }, character).join(""));
  texts.push(
    ...edges.map((codePoint) => String.fromCodePoint(codePoint)),
    "é".repeat(2 ** 19),
    "\u{1f600}".repeat(2 ** 18),
  );
  for (const text of texts) {
    const bytes = encodeRequest(text);
    assert.ok(bytes.equals(independent.encode(text)), `encoded otherwise: ${JSON.stringify(text.slice(0, 300))}`);
    assert.ok(decodeRequest(bytes) === text, `decoded otherwise: ${JSON.stringify(text.slice(0, 300))}`);
    assert.ok(decodeResponse(encodeResponse(text)) === text);
  }
});

/**
 * Leaves out two harmless differences between implementations: ours rejects field 1 with the wire type of a number, others
 * may skip it; ours may skip field numbers of more than 29 bits, others reject them.
 */
test("accepts and rejects random fields like an independent implementation", () => {
  const number = numbers(2);
  const textBytes = [
    0x00, 0x41, 0x7f, 0x80, 0xa0, 0xbf, 0xc3, 0xa9, 0xe4, 0xb8, 0x96, 0xed, 0xf0, 0x9f, 0x98, 0x80, 0xff,
  ];
  const bytes = (length: number) => Array.from({ length }, () => textBytes[number(textBytes.length)] ?? 0);
  const text = () => [
    ...(number(4) === 0 ? bytes(number(5)) : Buffer.from(["", "A", "é", "世", "😀"][number(5)] ?? "")),
  ];
  const delimited = (tag: number, payload: number[]) => [tag, payload.length, ...payload];
  const fields = [
    () => delimited(0x0a, text()),
    () => delimited(0x0a, text()),
    () => delimited(0x32, bytes(number(4))),
    () => [0x30, number(128)],
    () => [0x31, ...bytes(8)],
    () => [0x35, ...bytes(4)],
    () => [0x33, ...delimited(0x3a, bytes(2)), 0x34],
    () => [[0x33], [0x34], [0x00], [0x36], [0x37]][number(20)] ?? [],
  ];
  const seen = { accepted: 0, refused: 0 };
  for (let round = 0; round < 20_000; round++) {
    const whole = Buffer.from(Array.from({ length: number(4) }, () => fields[number(fields.length)]?.() ?? []).flat());
    const message = number(3) === 0 ? whole.subarray(0, number(whole.length + 1)) : whole;
    const ours = attempt(() => decodeRequest(message));
    assert.equal(
      ours,
      attempt(() => independent.decode(message)),
      message.toString("hex"),
    );
    seen[ours === undefined ? "refused" : "accepted"]++;
  }
  assert.ok(Math.min(seen.accepted, seen.refused) > 2_000, JSON.stringify(seen));
});

test("decodes the next message after one that cannot be decoded", () => {
  for (const malformed of ["0a05", "0a01ff", "0800", "0b", "0c", "00", "ffffffffffffffffffff01"]) {
    assert.throws(() => decodeRequest(Buffer.from(malformed, "hex")), malformed);
    assert.equal(decodeRequest(Buffer.from("0a03416461", "hex")), "Ada");
    assert.equal(decodeRequest(Buffer.alloc(0)), "");
  }
});

test("encodes the next message after one that cannot be encoded", () => {
  for (const malformed of ["\ud800", `${"a".repeat(100)}\ud800`]) {
    assert.throws(() => encodeRequest(malformed));
    assert.equal(encodeRequest("Ada").toString("hex"), "0a03416461");
    assert.equal(encodeRequest("").toString("hex"), "");
  }
});

test("messages do not change when others are encoded and decoded", () => {
  const ada = encodeRequest("Ada");
  const request = unary.requestDeserialize(ada);
  encodeRequest("Grace");
  decodeRequest(encodeRequest("Grace".repeat(100)));
  assert.equal(ada.toString("hex"), "0a03416461");
  assert.equal(request.getValue(), "Ada");
});

test("rejects a message of another type by name", () => {
  const impostor = { getValue: () => "Ada" } as unknown as EchoRequest;
  assert.throws(() => unary.requestSerialize(impostor), /EchoRequest/);
  assert.throws(() => unary.responseSerialize(new EchoRequest() as unknown as EchoResponse), /EchoResponse/);
});

test("keeps everything else of the method, and returns the same object each time", () => {
  const { path, requestStream, responseStream } = EchoService.unary;
  assert.deepEqual(Object.keys(unary), Object.keys(EchoService.unary));
  assert.deepEqual(
    { path: unary.path, requestStream: unary.requestStream, responseStream: unary.responseStream },
    { path, requestStream, responseStream },
  );
  assert.equal(strictMethod(EchoService.unary), unary);
});

test("returns a method that google-protobuf did not generate as it is", () => {
  const method = { path: "/a/b", requestSerialize: (text: string) => Buffer.from(text) };
  assert.equal(strictMethod(method), method);
});
