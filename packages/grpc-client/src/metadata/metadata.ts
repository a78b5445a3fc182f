import { Metadata, type MetadataOptions } from "@grpc/grpc-js";
import { countEntryBytes, formatObject } from "@hello/grpc-common";
import { checkMetadataKey, countMetadataBytes, maxMetadataBytes, toMetadataValue } from "./metadata-entry.js";

/**
 * Metadata to send: text, or bytes under a key that ends in `-bin`. A list adds one entry for each value.
 *
 *     { "x-request-id": "42", "trace-bin": new Uint8Array([1, 2]) }
 */
export type MetadataInit = Readonly<Record<string, string | Uint8Array | readonly (string | Uint8Array)[]>>;

/** Received metadata by lower-case key: text, or bytes under a key that ends in `-bin`. */
export type ReceivedMetadata = Readonly<Record<string, readonly (string | Uint8Array)[]>>;

/** Key under which grpc-js reports the number of attempts before the last one. */
export const previousAttemptsKey = "grpc-previous-rpc-attempts";

/**
 * Maximum size of the metadata of a call with the entries of telemetry, in bytes. With the headers of gRPC it stays
 * below the 8 KiB that every gRPC server accepts.
 */
const maxMetadataBytesWithTelemetry = 7_168;

/**
 * Converts metadata for grpc-js.
 *
 * @throws TypeError that names the first invalid entry, or if the metadata is too large.
 */
export function toGrpcMetadata(init: MetadataInit, options: MetadataOptions): Metadata {
  if (!isPlainObject(init)) {
    throw new TypeError(`metadata must be a plain object, not ${formatObject(init)}`);
  }
  const metadata = new Metadata(options);
  for (const [key, values] of Object.entries(init)) {
    checkMetadataKey(key);
    for (const value of Array.isArray(values) ? values : [values]) {
      metadata.add(key, toMetadataValue(key, value, metadata.get(key).length));
    }
  }
  const bytes = countMetadataBytes(metadata);
  if (bytes > maxMetadataBytes) {
    throw new TypeError(`the metadata is too large: ${bytes} bytes, and the limit is ${maxMetadataBytes}`);
  }
  return metadata;
}

/** Sets a metadata entry for telemetry. Omits an invalid or too large entry, because telemetry must not fail a call. */
export function setTelemetry(metadata: Metadata, key: string, value: unknown): void {
  try {
    checkMetadataKey(key);
    const checked = toMetadataValue(key, value);
    // `authorization` could contradict the client's token, or be sent in plain text.
    const isAllowed = key.toLowerCase() !== "authorization";
    if (isAllowed && countMetadataBytes(metadata) + countEntryBytes(key, checked) <= maxMetadataBytesWithTelemetry) {
      metadata.set(key, checked);
    }
  } catch {
    // The entry comes from the program's propagator, and the call does not depend on it.
  }
}

/** Converts metadata from grpc-js. Omits the attempt count that grpc-js adds. */
export function fromGrpcMetadata(metadata: Metadata): ReceivedMetadata {
  // Without a prototype, because the peer chooses the keys.
  const received: Record<string, readonly (string | Uint8Array)[]> = Object.create(null);
  for (const [key, values] of Object.entries(metadata.toJSON())) {
    if (key !== previousAttemptsKey) {
      received[key] = values as (string | Uint8Array)[];
    }
  }
  return received;
}

/** Copies metadata without the entries of one key. */
export function withoutKey(metadata: ReceivedMetadata, key: string): ReceivedMetadata {
  const rest: Record<string, readonly (string | Uint8Array)[]> = Object.assign(Object.create(null), metadata);
  delete rest[key];
  return rest;
}

/**
 * Returns whether a value is a plain object of any realm. The entries of a `Map`, `Headers` or `Metadata` are not
 * properties, and would be ignored.
 */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
