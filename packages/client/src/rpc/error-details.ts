import { type DecodedMessage, decodeMessage, type MessageShape } from "./wire.js";

/**
 * What a server says of a failure for programs. The messages are those of `google/rpc/error_details.proto`; of another
 * message `type` is `"unknown"`.
 *
 * @see https://github.com/googleapis/googleapis/blob/master/google/rpc/error_details.proto
 */
export type ErrorDetail =
  | BadRequest
  | ErrorInfo
  | RetryInfo
  | DebugInfo
  | QuotaFailure
  | PreconditionFailure
  | RequestInfo
  | ResourceInfo
  | Help
  | LocalizedMessage
  | UnknownDetail;

/** Which fields of the request are wrong. */
export interface BadRequest {
  readonly type: "google.rpc.BadRequest";
  readonly fieldViolations: readonly {
    /** The path of the field, like `value`. */
    readonly field: string;
    readonly description: string;
    /** A word for programs, or `""`. */
    readonly reason: string;
  }[];
}

/** Why it failed, as a constant of the service. */
export interface ErrorInfo {
  readonly type: "google.rpc.ErrorInfo";
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** When to try again. */
export interface RetryInfo {
  readonly type: "google.rpc.RetryInfo";
  /** How long to wait first, in milliseconds. */
  readonly retryDelayMs: number;
}

/** Where in the server it failed. */
export interface DebugInfo {
  readonly type: "google.rpc.DebugInfo";
  readonly stackEntries: readonly string[];
  readonly detail: string;
}

/** Which quotas are used up. */
export interface QuotaFailure {
  readonly type: "google.rpc.QuotaFailure";
  readonly violations: readonly { readonly subject: string; readonly description: string }[];
}

/** Which conditions do not hold. */
export interface PreconditionFailure {
  readonly type: "google.rpc.PreconditionFailure";
  readonly violations: readonly { readonly type: string; readonly subject: string; readonly description: string }[];
}

/** How the server's operators find the request. */
export interface RequestInfo {
  readonly type: "google.rpc.RequestInfo";
  readonly requestId: string;
  readonly servingData: string;
}

/** Which resource it is about. */
export interface ResourceInfo {
  readonly type: "google.rpc.ResourceInfo";
  readonly resourceType: string;
  readonly resourceName: string;
  readonly owner: string;
  readonly description: string;
}

/** Where to read more. */
export interface Help {
  readonly type: "google.rpc.Help";
  readonly links: readonly { readonly description: string; readonly url: string }[];
}

/** A message for the user, in a language. */
export interface LocalizedMessage {
  readonly type: "google.rpc.LocalizedMessage";
  readonly locale: string;
  readonly message: string;
}

/** A message that is none of the above, or cannot be decoded. */
export interface UnknownDetail {
  readonly type: "unknown";
  /** Which message it is, like `type.googleapis.com/acme.Reason`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}

const shapes: Readonly<Record<string, MessageShape>> = {
  "google.rpc.BadRequest": {
    1: ["fieldViolations", [{ 1: ["field", "string"], 2: ["description", "string"], 3: ["reason", "string"] }]],
  },
  "google.rpc.ErrorInfo": {
    1: ["reason", "string"],
    2: ["domain", "string"],
    3: ["metadata", [{ 1: ["key", "string"], 2: ["value", "string"] }]],
  },
  "google.rpc.RetryInfo": { 1: ["retryDelay", { 1: ["seconds", "int"], 2: ["nanos", "int"] }] },
  "google.rpc.DebugInfo": { 1: ["stackEntries", ["string"]], 2: ["detail", "string"] },
  "google.rpc.QuotaFailure": { 1: ["violations", [{ 1: ["subject", "string"], 2: ["description", "string"] }]] },
  "google.rpc.PreconditionFailure": {
    1: ["violations", [{ 1: ["type", "string"], 2: ["subject", "string"], 3: ["description", "string"] }]],
  },
  "google.rpc.RequestInfo": { 1: ["requestId", "string"], 2: ["servingData", "string"] },
  "google.rpc.ResourceInfo": {
    1: ["resourceType", "string"],
    2: ["resourceName", "string"],
    3: ["owner", "string"],
    4: ["description", "string"],
  },
  "google.rpc.Help": { 1: ["links", [{ 1: ["description", "string"], 2: ["url", "string"] }]] },
  "google.rpc.LocalizedMessage": { 1: ["locale", "string"], 2: ["message", "string"] },
};

const statusShape: MessageShape = { 3: ["details", [{ 1: ["typeUrl", "string"], 2: ["value", "bytes"] }]] };

/** Decodes `grpc-status-details-bin`, which holds a `google.rpc.Status`. What cannot be decoded is left out. */
export function decodeStatusDetails(encoded: string | Uint8Array | undefined): ErrorDetail[] {
  if (!(encoded instanceof Uint8Array)) {
    return [];
  }
  let details: { readonly typeUrl: string; readonly value: Uint8Array }[];
  try {
    details = decodeMessage(statusShape, encoded)["details"] as typeof details;
  } catch {
    // The status itself stands; a server that sends garbage beside it must not turn it into another error.
    return [];
  }
  return details.map(({ typeUrl, value }) => decodeDetail(typeUrl, value));
}

function decodeDetail(typeUrl: string, value: Uint8Array): ErrorDetail {
  const type = typeUrl.slice(typeUrl.lastIndexOf("/") + 1);
  const shape = Object.hasOwn(shapes, type) ? shapes[type] : undefined;
  if (shape !== undefined) {
    try {
      return { type, ...refine(type, decodeMessage(shape, value)) } as ErrorDetail;
    } catch {
      // As it came, below.
    }
  }
  return { type: "unknown", typeUrl, value };
}

/** Turns protobuf's forms into JavaScript's: a map's entries into an object, a duration into milliseconds. */
function refine(type: string, message: DecodedMessage): object {
  if (type === "google.rpc.ErrorInfo") {
    const entries = message["metadata"] as { readonly key: string; readonly value: string }[];
    return { ...message, metadata: Object.fromEntries(entries.map(({ key, value }) => [key, value])) };
  }
  if (type === "google.rpc.RetryInfo") {
    const delay = message["retryDelay"] as { readonly seconds: number; readonly nanos: number } | undefined;
    return { retryDelayMs: delay === undefined ? 0 : delay.seconds * 1_000 + delay.nanos / 1_000_000 };
  }
  return message;
}
