/** Encoder and decoder of reflection messages, independent of the generated code that they test. */
import assert from "node:assert/strict";

/** Encodes a field of up to 127 bytes. */
export function encodeField(number: number, value: string | Buffer): Buffer {
  return Buffer.concat([Buffer.from([(number << 3) | 2, Buffer.byteLength(value)]), Buffer.from(value)]);
}

/** Encoders of reflection requests. */
export const encode = {
  file: (name: string) => encodeField(3, name),
  symbol: (name: string) => encodeField(4, name),
  extension: (type: string, number: number) =>
    encodeField(5, Buffer.concat([encodeField(1, type), Buffer.from([2 << 3, number])])),
  extensionNumbers: (type: string) => encodeField(6, type),
  services: () => encodeField(7, ""),
};

/** Partly decoded reflection response. `field` is the number of the field in `message_response`. */
export interface ReflectionResponse {
  readonly original: string;
  readonly field: number;
  readonly bytes: Buffer;
}

/** Decodes the fields of a message that has only strings, bytes and messages. */
export function decodeFields(bytes: Buffer): [number: number, value: Buffer][] {
  const fields: [number, Buffer][] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes.readUInt8(at++);
    assert.equal(tag & 7, 2, "not a length-delimited field");
    let length = 0;
    for (let shift = 0, more = true; more; shift += 7) {
      const byte = bytes.readUInt8(at++);
      length |= (byte & 127) << shift;
      more = byte > 127;
    }
    fields.push([tag >> 3, bytes.subarray(at, at + length)]);
    at += length;
  }
  return fields;
}

/** Decodes a reflection response. */
export function decode(bytes: Buffer): ReflectionResponse {
  const fields = decodeFields(bytes);
  const [, original] = fields.find(([number]) => number === 2) ?? [];
  const [number, response] = fields.find(([number]) => number > 2) ?? [];
  return { original: original?.toString("latin1") ?? "", field: number ?? 0, bytes: response ?? Buffer.of() };
}

/** Decodes an error response. Fails the test if the response is not an error. */
export function decodeError({ field, bytes }: ReflectionResponse): [code: number, message: string] {
  assert.equal(field, 7, "not an error response");
  const [tag, code = 0] = bytes;
  assert.equal(tag, 1 << 3);
  return [code, decodeFields(bytes.subarray(2))[0]?.[1].toString() ?? ""];
}
