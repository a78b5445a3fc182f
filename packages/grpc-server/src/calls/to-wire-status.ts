import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { singularHeaders, statusProtocol } from "@hello/grpc-common";
import type { StatusError } from "./status-error.js";

/**
 * Most bytes of `grpc-message`, and of all other trailers together. With what HTTP/2 needs they stay below the 8 KiB of
 * headers that a gRPC client takes by default: one that gets more fails with another status, or waits for its deadline.
 */
const maxMessageBytes = 2_048;
const maxMetadataBytes = 5_632;

/** Most metadata entries. Node takes 128 header fields, those of gRPC included, and resets the call at the next. */
const maxMetadataEntries = 112;

/** Cost of a header field beside its name and value: RFC 9113 section 10.5.1. */
const fieldOverhead = 32;

/** Metadata that every client can receive. */
export interface WireMetadata {
  readonly metadata: Metadata;
  /** Size of the metadata that was left out because it, or its number of entries, exceeds what clients accept; or 0. */
  readonly omittedBytes: number;
}

/**
 * Converts a status error to a status that every client can receive.
 *
 * @param trailers Metadata of the handler, to go with that of the error.
 */
export function toWireStatus(error: StatusError, trailers?: Metadata): StatusObject & WireMetadata {
  const { code, metadata, richDetails } = error;
  const details = fit(error.details.toWellFormed());
  const rich = richDetails.length > 0 ? encodeStatus(code, details, richDetails) : undefined;
  return { code, details, ...toWireMetadata([trailers, metadata], rich) };
}

/**
 * Converts metadata of a handler to metadata that every client can receive.
 *
 * @param statusDetails Encoded `google.rpc.Status` to add.
 */
export function toWireMetadata(parts: readonly (Metadata | undefined)[], statusDetails?: Buffer): WireMetadata {
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
        // HTTP/2 forbids space around a value, and gRPC allows to strip it.
        metadata.add(key, typeof value === "string" ? value.trim() : value);
        const valueBytes = typeof value === "string" ? value.length : Math.ceil(value.length / 3) * 4;
        bytes += key.length + fieldOverhead + valueBytes;
        entries++;
      }
    }
  }
  const fits = bytes <= maxMetadataBytes && entries <= maxMetadataEntries;
  return fits ? { metadata, omittedBytes: 0 } : { metadata: new Metadata(), omittedBytes: bytes };
}

const statusDetailsKey = "grpc-status-details-bin";

/**
 * Tells whether a key is reserved: grpc-js sets it itself, and the metadata would overwrite it and turn an error into OK,
 * or HTTP/2 forbids it, as it does a colon, and the call would lose its status.
 */
function isReserved(key: string): boolean {
  return (
    key.includes(":") || httpHeaders.includes(key) || (key.startsWith("grpc-") && !allowedForHandlers.includes(key))
  );
}

/** Headers that frame a response, and connection headers of HTTP/1: RFC 9113 section 8.2.2. */
const httpHeaders = [
  "connection",
  "content-length",
  "content-type",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
];

const allowedForHandlers = [statusDetailsKey, "grpc-retry-pushback-ms"];

/** Encodes a `google.rpc.Status`. */
function encodeStatus(code: number, message: string, details: StatusError["richDetails"]): Buffer {
  const { Any, Status } = statusProtocol();
  const status = new Status().setCode(code).setMessage(message);
  for (const { typeUrl, value } of details) {
    status.addDetails(new Any().setTypeUrl(typeUrl).setValue(value));
  }
  return Buffer.from(status.serializeBinary());
}

/** Cuts a text so that it fits when it is percent-encoded, as grpc-js does. */
function fit(text: string): string {
  if (text.length * 9 <= maxMessageBytes || encodeURI(text).length <= maxMessageBytes) {
    return text;
  }
  let bytes = encodeURI("…").length;
  let fitting = "";
  for (const character of text) {
    bytes += encodeURI(character).length;
    if (bytes > maxMessageBytes) {
      break;
    }
    fitting += character;
  }
  return `${fitting}…`;
}
