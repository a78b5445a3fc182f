import { Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { loadStatusProtocol, singularHeaders } from "@hello/grpc-common";
import { StatusError } from "./status-error.js";

/**
 * Maximum size of `grpc-message`, and of all other trailers together, in bytes. With the headers of HTTP/2 they stay
 * below the 8 KiB that a gRPC client accepts by default. With more, a client reports another status or waits until its
 * deadline.
 */
const maxMessageBytes = 2_048;
const maxMetadataBytes = 5_632;

/** Maximum number of metadata entries. Node resets a call with more than 128 header fields, including those of gRPC. */
const maxMetadataEntries = 112;

/** Size of a header field in addition to its name and value, in bytes (RFC 9113, section 10.5.1). */
const fieldOverheadBytes = 32;

/** Status that every client accepts. */
export interface WireStatus extends StatusObject {
  /** Size of the metadata that was omitted because it has too many bytes or entries, or 0. */
  readonly omittedBytes: number;
}

/**
 * Converts a status error to a status that every client accepts.
 *
 * @param trailers Trailers of the handler, sent together with the metadata of the error.
 */
export function toWireStatus(error: StatusError, trailers?: Metadata): WireStatus {
  const { code, richDetails } = error;
  const details = truncate(error.details.toWellFormed());
  const rich = richDetails.length > 0 ? encodeStatus(code, details, richDetails) : undefined;
  const { metadata, bytes, fits } = toWireMetadata([trailers, error.metadata], rich);
  return { code, details, metadata: fits ? metadata : new Metadata(), omittedBytes: fits ? 0 : bytes };
}

/**
 * Converts metadata of a successful call to metadata that every client accepts.
 *
 * @param name Name of the metadata, for the error message.
 * @throws StatusError RESOURCE_EXHAUSTED if it is larger than clients accept.
 */
export function toSuccessMetadata(name: "responseMetadata" | "trailers", metadata: Metadata | undefined): Metadata {
  const wire = toWireMetadata([metadata]);
  if (!wire.fits) {
    const size = `${wire.bytes} bytes in ${wire.entries} entries`;
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
function toWireMetadata(parts: readonly (Metadata | undefined)[], statusDetails?: Buffer) {
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
        const valueBytes = typeof value === "string" ? value.length : Math.ceil(value.length / 3) * 4;
        bytes += key.length + fieldOverheadBytes + valueBytes;
        entries++;
      }
    }
  }
  return { metadata, bytes, entries, fits: bytes <= maxMetadataBytes && entries <= maxMetadataEntries };
}

const statusDetailsKey = "grpc-status-details-bin";

/**
 * Returns whether handlers must not set a key. grpc-js sets some keys itself: metadata with such a key would overwrite
 * them and could turn an error into OK. HTTP/2 forbids others, like keys with a colon: the call would lose its status.
 */
function isReserved(key: string): boolean {
  return (
    key.includes(":") || httpHeaders.includes(key) || (key.startsWith("grpc-") && !allowedForHandlers.includes(key))
  );
}

/** Headers that describe the body of a response, and connection headers of HTTP/1 (RFC 9113, section 8.2.2). */
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
  const { Any, Status } = loadStatusProtocol();
  const status = new Status().setCode(code).setMessage(message);
  for (const { typeUrl, value } of details) {
    status.addDetails(new Any().setTypeUrl(typeUrl).setValue(value));
  }
  return Buffer.from(status.serializeBinary());
}

/** Truncates a text to the maximum size after percent-encoding, which grpc-js applies. */
function truncate(text: string): string {
  if (text.length * 9 <= maxMessageBytes || encodeURI(text).length <= maxMessageBytes) {
    return text;
  }
  let bytes = encodeURI("…").length;
  let truncated = "";
  for (const character of text) {
    bytes += encodeURI(character).length;
    if (bytes > maxMessageBytes) {
      break;
    }
    truncated += character;
  }
  return `${truncated}…`;
}
