import { Metadata, type StatusObject } from "@grpc/grpc-js";
import { encodeRichStatus } from "@hello/proto";
import type { StatusError } from "./status-error.js";

/**
 * Most bytes of `grpc-message`, and of all other trailers together. With what HTTP/2 needs they stay below the 8 KiB of
 * headers that a gRPC client takes by default: one that gets more fails with another status, or waits for its deadline.
 */
const maxMessageBytes = 2_048;
const maxMetadataBytes = 5_632;

/** What a header field costs beside its name and value: RFC 9113 section 10.5.1. */
const fieldOverhead = 32;

/** What is sent of a status error. */
export interface SendableStatus extends StatusObject {
  /** How many bytes of metadata were left out, because no client needs to take as much. */
  readonly omittedBytes: number;
}

/** Makes of a status error what every client can receive. */
export function sendableStatus({ code, details: text, metadata, richDetails }: StatusError): SendableStatus {
  const details = fit(text.toWellFormed());
  const trailers = new Metadata();
  let bytes = 0;
  const add = (key: string, value: string | Buffer) => {
    trailers.add(key, value);
    bytes += key.length + fieldOverhead + (typeof value === "string" ? value.length : Math.ceil(value.length / 3) * 4);
  };
  for (const [key, values] of Object.entries(metadata?.toJSON() ?? {})) {
    if (!isReserved(key)) {
      for (const value of values) {
        // HTTP/2 forbids space around a value, and gRPC allows to strip it.
        add(key, typeof value === "string" ? value.trim() : value);
      }
    }
  }
  if (richDetails.length > 0) {
    trailers.remove("grpc-status-details-bin");
    add("grpc-status-details-bin", encodeRichStatus({ code, message: details, details: richDetails }));
  }
  return bytes > maxMetadataBytes
    ? { code, details, metadata: new Metadata(), omittedBytes: bytes }
    : { code, details, metadata: trailers, omittedBytes: 0 };
}

/**
 * Whether grpc-js sets this itself, which would let the metadata overwrite it, and an error become OK; or HTTP/2 forbids
 * it, which would cost the call its status.
 */
function isReserved(key: string): boolean {
  return ofHttp.includes(key) || (key.startsWith("grpc-") && !forHandlers.includes(key));
}

/** What frames a response, and the headers of a connection in HTTP/1: RFC 9113 section 8.2.2. */
const ofHttp = [
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

const forHandlers = ["grpc-status-details-bin", "grpc-retry-pushback-ms"];

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
