import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { loadStatusProtocol } from "@hello/grpc-common";
import type { StatusError } from "./status-error.js";
import { toWireMetadata } from "./wire-metadata.js";

/** Maximum size of `grpc-message` after percent-encoding, in bytes. The metadata has a separate limit. */
const maxMessageBytes = 2_048;

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
