import { Metadata, type MetadataOptions } from "@grpc/grpc-js";
import { reasonOf, singularHeaders } from "@hello/grpc-common";
import { previousAttempts } from "../errors/status-origin.js";

/**
 * Metadata to send: text, or bytes under a name that ends in `-bin`; a list sends its name several times.
 *
 *     { "x-request-id": "42", "trace-bin": new Uint8Array([1, 2]) }
 */
export type MetadataInit = Readonly<Record<string, string | Uint8Array | readonly (string | Uint8Array)[]>>;

/** Received metadata by lower-case name: text, or bytes under a name that ends in `-bin`. */
export type ReceivedMetadata = Readonly<Record<string, readonly (string | Uint8Array)[]>>;

/**
 * Names reserved for gRPC and HTTP/2: grpc-js would overwrite them, or fail to send them and retry forever.
 *
 * @see https://www.rfc-editor.org/rfc/rfc9113#section-8.2.2
 */
const reserved =
  /^(?:grpc-.*|:.*|connection|content-length|content-type|http2-settings|keep-alive|proxy-connection|te|transfer-encoding|upgrade|user-agent)$/i;

/**
 * Converts metadata for grpc-js.
 *
 * @throws TypeError that names an entry that gRPC cannot carry.
 */
export function toGrpcMetadata(init: MetadataInit, options: MetadataOptions): Metadata {
  const metadata = new Metadata(options);
  for (const [name, values] of Object.entries(init)) {
    if (reserved.test(name)) {
      throw new TypeError(`metadata "${name}" is reserved for gRPC`);
    }
    for (const value of Array.isArray(values) ? values : [values]) {
      try {
        metadata.add(name, value instanceof Uint8Array ? Buffer.from(value) : value);
      } catch (error) {
        throw new TypeError(`metadata "${name}" cannot be sent: ${reasonOf(error)}`);
      }
    }
    if (singularHeaders.test(name.toLowerCase()) && metadata.get(name).length > 1) {
      throw new TypeError(`metadata "${name}" cannot be sent: HTTP allows one value for it`);
    }
  }
  return metadata;
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
