import { isUint8Array } from "node:util/types";
import type { Metadata, MetadataValue } from "@grpc/grpc-js";
import { formatValue, singularHeaders } from "@hello/grpc-common";

/** Largest metadata of a call, in bytes. One value that exceeds it would end the connection, and every call on it. */
export const maxMetadataBytes = 65_536;

/** Size of a header field without its name and value: RFC 9113, section 10.5.1. */
export const fieldOverhead = 32;

/**
 * Names reserved for gRPC and HTTP/2: grpc-js would overwrite them, or fail to send them and lose the connection.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2
 */
const reserved =
  /^(?:grpc-.*|:.*|connection|content-length|content-type|http2-settings|keep-alive|proxy-connection|te|transfer-encoding|upgrade|user-agent)$/;

/** Names that both gRPC and HTTP allow; grpc-js allows a colon too, which Node refuses to send. */
const legalName = /^[\w.-]+$/;

/** Text that gRPC allows: printable ASCII. */
const legalText = /^[ -~]*$/;

/** @throws TypeError if no entry may have this name. */
export function checkName(name: string): void {
  if (reserved.test(name.toLowerCase())) {
    throw new TypeError(`metadata "${name}" is reserved for gRPC`);
  }
  if (!legalName.test(name)) {
    throw new TypeError(`metadata ${formatValue(name)} cannot be sent: a name has letters, digits, "_", "-" and "."`);
  }
}

/**
 * Converts a value for grpc-js.
 *
 * @param previous Number of values that the name has already.
 * @throws TypeError if gRPC cannot carry it.
 */
export function toMetadataValue(name: string, value: unknown, previous = 0): MetadataValue {
  const subject = `metadata "${name}"`;
  const isBinary = name.toLowerCase().endsWith("-bin");
  if (isBinary ? !isUint8Array(value) : typeof value !== "string") {
    const expected = isBinary ? "bytes, because its name ends in -bin" : "a string, or bytes under a name in -bin";
    throw new TypeError(`${subject} cannot be sent: it must be ${expected}, not ${formatValue(value)}`);
  }
  if (previous > 0 && singularHeaders.test(name.toLowerCase())) {
    throw new TypeError(`${subject} cannot be sent: HTTP allows one value for it`);
  }
  if (isUint8Array(value)) {
    return Buffer.from(value);
  }
  // HTTP/2 forbids space around a value, and gRPC allows to strip it.
  const text = String(value).replace(/^ +| +$/g, "");
  if (!legalText.test(text)) {
    throw new TypeError(`${subject} cannot be sent: its value has characters other than printable ASCII`);
  }
  return text;
}

/** Returns the size of metadata as HTTP/2 counts it, in bytes. */
export function metadataBytes(metadata: Metadata): number {
  let bytes = 0;
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    for (const value of values) {
      bytes += entryBytes(name, value);
    }
  }
  return bytes;
}

/** Returns the size of one entry as HTTP/2 counts it, in bytes. */
export function entryBytes(name: string, value: MetadataValue): number {
  return name.length + fieldOverhead + (typeof value === "string" ? value.length : Math.ceil(value.length / 3) * 4);
}
