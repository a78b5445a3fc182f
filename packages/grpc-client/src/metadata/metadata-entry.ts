import { isUint8Array } from "node:util/types";
import type { Metadata, MetadataValue } from "@grpc/grpc-js";
import { countEntryBytes, formatValue, httpHeaders, singularHeaders } from "@hello/grpc-common";

/**
 * Maximum size of the metadata of a call, in bytes. A single larger value would end the connection and all its calls.
 */
export const maxMetadataBytes = 65_536;

/** Keys that both gRPC and HTTP allow. grpc-js also allows a colon, but Node refuses to send it. */
const validKey = /^[\w.-]+$/;

/** Text values that gRPC allows: printable ASCII. */
const validText = /^[ -~]*$/;

/**
 * Checks a metadata key.
 *
 * @throws TypeError if the key is reserved or contains an invalid character.
 */
export function checkMetadataKey(key: string): void {
  if (isReserved(key.toLowerCase())) {
    throw new TypeError(`invalid metadata "${key}": the key is reserved for gRPC or HTTP`);
  }
  if (!validKey.test(key)) {
    throw new TypeError(
      `invalid metadata ${formatValue(key)}: a key may contain only letters, digits, "_", "-" and "."`,
    );
  }
}

/**
 * Checks a metadata value and converts it for grpc-js.
 *
 * @param previous Number of values that the key already has.
 * @throws TypeError if the value does not match its key, contains an invalid character, or is one too many.
 */
export function toMetadataValue(key: string, value: unknown, previous = 0): MetadataValue {
  const invalid = `invalid metadata "${key}"`;
  const isBinary = key.toLowerCase().endsWith("-bin");
  if (isBinary ? !isUint8Array(value) : typeof value !== "string") {
    const expected = isBinary
      ? 'a Uint8Array, because the key ends in "-bin"'
      : 'a string, or a Uint8Array under a key that ends in "-bin"';
    throw new TypeError(`${invalid}: the value must be ${expected}, not ${formatValue(value)}`);
  }
  if (previous > 0 && singularHeaders.test(key.toLowerCase())) {
    throw new TypeError(`${invalid}: HTTP allows only one value for this key`);
  }
  if (isUint8Array(value)) {
    return Buffer.from(value);
  }
  // HTTP/2 forbids space around a value, and gRPC allows stripping it.
  const text = String(value).replace(/^ +| +$/g, "");
  if (!validText.test(text)) {
    throw new TypeError(
      `${invalid}: the value must be printable ASCII; send other text under a key that ends in "-bin"`,
    );
  }
  return text;
}

/** Returns the size of metadata in bytes, as HTTP/2 counts it. */
export function countMetadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [key, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) {
      bytes += countEntryBytes(key, value);
    }
  }
  return bytes;
}

/**
 * Returns whether a lower-case key is reserved for gRPC or HTTP/2. grpc-js would overwrite the entry, or fail to send it
 * and lose the connection.
 */
function isReserved(key: string): boolean {
  return key.startsWith("grpc-") || key.startsWith(":") || key === "user-agent" || httpHeaders.has(key);
}
