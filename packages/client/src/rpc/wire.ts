/** How a field is read: as text, as a whole number, as bytes, or as a message of its own. */
type FieldKind = "string" | "int" | "bytes" | MessageShape;

/** A message: its fields by number, each with its name and kind; a kind in a list is a repeated field. */
export interface MessageShape {
  readonly [field: number]: readonly [name: string, kind: FieldKind | readonly [FieldKind]];
}

/** A decoded message. Fields that were not sent have their default: `""`, 0, no bytes, `undefined`, or an empty list. */
export type DecodedMessage = Record<string, unknown>;

/**
 * Decodes the few protobuf messages that gRPC itself is made of. Unknown fields are left out.
 *
 * @throws RangeError where the bytes end early or are no protobuf.
 * @see https://protobuf.dev/programming-guides/encoding/
 */
export function decodeMessage(shape: MessageShape, bytes: Uint8Array): DecodedMessage {
  const message: DecodedMessage = {};
  for (const [name, kind] of Object.values(shape)) {
    message[name] = Array.isArray(kind) ? [] : defaultOf(kind as FieldKind);
  }
  const reader = { bytes, offset: 0 };
  while (reader.offset < bytes.length) {
    const tag = readVarint(reader);
    const wireType = tag & 7;
    const value = readValue(reader, wireType);
    const [name, kinds] = shape[tag >>> 3] ?? [];
    const kind = Array.isArray(kinds) ? kinds[0] : kinds;
    // What has another type on the wire is another field.
    if (name === undefined || wireType !== (kind === "int" ? varint : lengthDelimited)) {
      continue;
    }
    const list = message[name];
    if (Array.isArray(list)) {
      list.push(convert(value, kind));
    } else {
      message[name] = convert(value, kind);
    }
  }
  return message;
}

const varint = 0;
const lengthDelimited = 2;

interface Reader {
  readonly bytes: Uint8Array;
  offset: number;
}

function readValue(reader: Reader, wireType: number): number | Uint8Array {
  switch (wireType) {
    case varint:
      return readVarint(reader);
    case 1:
      return readBytes(reader, 8);
    case lengthDelimited:
      return readBytes(reader, readVarint(reader));
    case 5:
      return readBytes(reader, 4);
    default:
      throw new RangeError(`wire type ${wireType} at byte ${reader.offset}`);
  }
}

function readVarint(reader: Reader): number {
  let value = 0n;
  for (let shift = 0n; shift < 70n; shift += 7n) {
    const byte = reader.bytes[reader.offset++];
    if (byte === undefined) {
      throw new RangeError("the message ends within a number");
    }
    value |= BigInt(byte & 0x7f) << shift;
    if (byte < 0x80) {
      return Number(BigInt.asIntN(64, value));
    }
  }
  throw new RangeError("a number is longer than ten bytes");
}

function readBytes(reader: Reader, length: number): Uint8Array {
  const end = reader.offset + length;
  if (length < 0 || end > reader.bytes.length) {
    throw new RangeError("the message ends within a field");
  }
  const bytes = reader.bytes.subarray(reader.offset, end);
  reader.offset = end;
  return bytes;
}

function convert(value: number | Uint8Array, kind: FieldKind): unknown {
  if (typeof value === "number" || kind === "int" || kind === "bytes") {
    return value;
  }
  return kind === "string" ? Buffer.from(value).toString() : decodeMessage(kind, value);
}

function defaultOf(kind: FieldKind): unknown {
  switch (kind) {
    case "string":
      return "";
    case "int":
      return 0;
    case "bytes":
      return new Uint8Array();
    default:
      return undefined;
  }
}
