import { Metadata, status } from "@grpc/grpc-js";
import { countEntryBytes, httpHeaders, singularHeaders, statusDetailsKey } from "@hello/grpc-common";
import { StatusError } from "./status-error.js";

/**
 * Maximum size of the metadata that a server sends at once, in bytes. With `grpc-message` and the headers of HTTP/2, it
 * stays below the 8 KiB that a gRPC client accepts by default. With more, a client reports another status or waits until
 * its deadline.
 */
const maxMetadataBytes = 5_632;

/** Maximum number of metadata entries. Node resets a call with more than 128 header fields, including those of gRPC. */
const maxMetadataEntries = 112;

/** Keys that handlers may set although gRPC reserves their prefix. */
const allowedForHandlers = [statusDetailsKey, "grpc-retry-pushback-ms"];

/**
 * Converts metadata of a successful call to metadata that every client accepts.
 *
 * @param name Name of the metadata, for the error message.
 * @throws StatusError RESOURCE_EXHAUSTED if it is larger than clients accept.
 */
export function toSuccessMetadata(name: "responseMetadata" | "trailers", metadata: Metadata | undefined): Metadata {
  const wire = toWireMetadata([metadata]);
  if (!wire.fits) {
    const size = `${wire.bytes} bytes in ${wire.entries} ${wire.entries === 1 ? "entry" : "entries"}`;
    const limit = `${maxMetadataBytes} bytes in ${maxMetadataEntries} entries`;
    const details = `${name} too large: ${size}, but clients accept at most ${limit}`;
    // Only a status with a cause is logged.
    throw new StatusError(status.RESOURCE_EXHAUSTED, details, { cause: new RangeError(details) });
  }
  return wire.metadata;
}

/**
 * Merges metadata of a handler into metadata that every client accepts.
 *
 * @param statusDetails Encoded `google.rpc.Status` to add.
 */
export function toWireMetadata(parts: readonly (Metadata | undefined)[], statusDetails?: Buffer) {
  const merged = new Metadata();
  for (const part of parts) {
    if (part !== undefined) {
      merged.merge(part);
    }
  }
  if (statusDetails !== undefined) {
    merged.set(statusDetailsKey, statusDetails);
  }
  const metadata = new Metadata();
  let bytes = 0;
  let entries = 0;
  for (const [key, values] of Object.entries(merged.toJSON())) {
    if (!isReserved(key)) {
      // gRPC allows joining the values of a key.
      for (const value of singularHeaders.test(key) ? [values.join(", ")] : values) {
        // HTTP/2 forbids space around a value, and gRPC allows stripping it.
        metadata.add(key, typeof value === "string" ? value.trim() : value);
        bytes += countEntryBytes(key, value);
        entries++;
      }
    }
  }
  return { metadata, bytes, entries, fits: bytes <= maxMetadataBytes && entries <= maxMetadataEntries };
}

/**
 * Returns whether handlers must not set a key. grpc-js sets some keys itself: metadata with such a key would overwrite
 * them and could turn an error into OK. HTTP/2 forbids others, like keys with a colon: the call would lose its status.
 */
function isReserved(key: string): boolean {
  return key.includes(":") || httpHeaders.has(key) || (key.startsWith("grpc-") && !allowedForHandlers.includes(key));
}
