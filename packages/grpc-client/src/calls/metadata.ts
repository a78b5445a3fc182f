import { Metadata, type MetadataOptions } from "@grpc/grpc-js";
import { formatObject } from "@hello/grpc-common";
import { previousAttempts } from "../errors/status-origin.js";
import { checkName, entryBytes, maxMetadataBytes, metadataBytes, toMetadataValue } from "./metadata-entry.js";

/**
 * Metadata to send: text, or bytes under a name that ends in `-bin`; a list sends its name several times.
 *
 *     { "x-request-id": "42", "trace-bin": new Uint8Array([1, 2]) }
 */
export type MetadataInit = Readonly<Record<string, string | Uint8Array | readonly (string | Uint8Array)[]>>;

/** Received metadata by lower-case name: text, or bytes under a name that ends in `-bin`. */
export type ReceivedMetadata = Readonly<Record<string, readonly (string | Uint8Array)[]>>;

/**
 * Size up to which telemetry may add to the metadata of a call, in bytes. With the headers of gRPC, it stays below the
 * 8 KiB that every gRPC server accepts.
 */
const maxBytesWithTelemetry = 7_168;

/**
 * Converts metadata for grpc-js.
 *
 * @throws TypeError that names an entry that gRPC cannot carry.
 */
export function toGrpcMetadata(init: MetadataInit, options: MetadataOptions): Metadata {
  if (!isPlainObject(init)) {
    throw new TypeError(`metadata must be a plain object, not ${formatObject(init)}`);
  }
  const metadata = new Metadata(options);
  for (const [name, values] of Object.entries(init)) {
    checkName(name);
    for (const value of Array.isArray(values) ? values : [values]) {
      metadata.add(name, toMetadataValue(name, value, metadata.get(name).length));
    }
  }
  const bytes = metadataBytes(metadata);
  if (bytes > maxMetadataBytes) {
    throw new TypeError(`metadata is too large: ${bytes} bytes, and at most ${maxMetadataBytes} can be sent`);
  }
  return metadata;
}

/** Sets an entry for telemetry, unless it cannot be sent: telemetry never fails a call. */
export function setTelemetry(metadata: Metadata, name: string, value: unknown): void {
  try {
    checkName(name);
    const checked = toMetadataValue(name, value);
    // `authorization` could contradict the client's token, or go out in plain text.
    const isAllowed = name.toLowerCase() !== "authorization";
    if (isAllowed && metadataBytes(metadata) + entryBytes(name, checked) <= maxBytesWithTelemetry) {
      metadata.set(name, checked);
    }
  } catch {
    // The value comes from the program's propagator, and the call does not depend on it.
  }
}

/** Converts metadata from grpc-js, without its own count of attempts. */
export function fromGrpcMetadata(metadata: Metadata): ReceivedMetadata {
  // No prototype: the names come from the wire.
  const received: Record<string, readonly (string | Uint8Array)[]> = Object.create(null);
  for (const [name, values] of Object.entries(metadata.toJSON())) {
    if (name !== previousAttempts) {
      received[name] = values as (string | Uint8Array)[];
    }
  }
  return received;
}

/** Returns metadata without one of its names. */
export function withoutName(metadata: ReceivedMetadata, name: string): ReceivedMetadata {
  const rest: Record<string, readonly (string | Uint8Array)[]> = Object.assign(Object.create(null), metadata);
  delete rest[name];
  return rest;
}

/** Tests for an object literal, of any realm. The entries of a `Map`, `Headers` or `Metadata` are no properties. */
function isPlainObject(value: unknown): boolean {
  if (typeof value !== "object" || value === null) {
    return false;
  }
  const prototype = Object.getPrototypeOf(value);
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}
