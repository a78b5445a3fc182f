/** The messages of server reflection, encoded and decoded by hand: a mistake of the product's code cannot hide itself. */
import assert from "node:assert/strict";

/** Encodes a field of up to 127 bytes. */
export function field(number: number, value: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(value)]), Buffer.from(value)]);
}

/** Requests of the reflection protocol, encoded. */
export const ask = {
  file: (name: string) => field(3, name),
  symbol: (name: string) => field(4, name),
  extension: (type: string, number: number) => field(5, Buffer.concat([field(1, type), Buffer.from([2 << 3, number])])),
  extensionNumbers: (type: string) => field(6, type),
  services: () => field(7, ""),
};

/** An answer of the reflection protocol, decoded no further: `field` is the number of its kind. */
export interface Answer {
  readonly original: string;
  readonly field: number;
  readonly bytes: Buffer;
}

/** Decodes fields of bytes or text. */
export function fields(bytes: Buffer): [number: number, value: Buffer][] {
  const found: [number, Buffer][] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at++);
    assert.equal(tag & 7, 2, "a field of bytes");
    let length = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes.readUInt8(at++);
      length |= (byte & 127) << shift;
      more = byte > 127;
    }
    found.push([tag >> 3, bytes.subarray(at, at + length)]);
    at += length;
  }
  return found;
}

/** Decodes an answer. */
export function decode(bytes: Buffer): Answer {
  const all = fields(bytes);
  const [, original] = all.find(([number]) => number === 2) ?? [];
  const [number, answer] = all.find(([number]) => number > 2) ?? [];
  return { original: original?.toString("latin1") ?? "", field: number ?? 0, bytes: answer ?? Buffer.of() };
}

/** What an answer says of its error; fails where it is none. */
export function errorOf({ field, bytes }: Answer): [code: number, message: string] {
  assert.equal(field, 7, "an error");
  const [tag, code = 0] = bytes;
  assert.equal(tag, 1 << 3);
  return [code, fields(bytes.subarray(2))[0]?.[1].toString() ?? ""];
}
