/**
 * Machine-readable detail of a failure. The messages are those of `google/rpc/error_details.proto`; any other message has
 * the type `"unknown"`.
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

/** Invalid fields of the request. */
export interface BadRequest {
  readonly type: "google.rpc.BadRequest";
  readonly fieldViolations: readonly {
    /** Path of the field, like `value`. */
    readonly field: string;
    readonly description: string;
    /** Reason as a constant, or `""`. */
    readonly reason: string;
  }[];
}

/** Reason of the failure, as a constant of the service. */
export interface ErrorInfo {
  readonly type: "google.rpc.ErrorInfo";
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Time to wait before a retry. */
export interface RetryInfo {
  readonly type: "google.rpc.RetryInfo";
  readonly retryDelayMs: number;
}

/** Location of the failure in the server. */
export interface DebugInfo {
  readonly type: "google.rpc.DebugInfo";
  readonly stackEntries: readonly string[];
  readonly detail: string;
}

/** Quotas that are used up. */
export interface QuotaFailure {
  readonly type: "google.rpc.QuotaFailure";
  readonly violations: readonly { readonly subject: string; readonly description: string }[];
}

/** Preconditions that do not hold. */
export interface PreconditionFailure {
  readonly type: "google.rpc.PreconditionFailure";
  readonly violations: readonly { readonly type: string; readonly subject: string; readonly description: string }[];
}

/** Identification of the request for the operators of the server. */
export interface RequestInfo {
  readonly type: "google.rpc.RequestInfo";
  readonly requestId: string;
  readonly servingData: string;
}

/** Resource that the failure concerns. */
export interface ResourceInfo {
  readonly type: "google.rpc.ResourceInfo";
  readonly resourceType: string;
  readonly resourceName: string;
  readonly owner: string;
  readonly description: string;
}

/** Links to documentation. */
export interface Help {
  readonly type: "google.rpc.Help";
  readonly links: readonly { readonly description: string; readonly url: string }[];
}

/** Message for the user, in a language. */
export interface LocalizedMessage {
  readonly type: "google.rpc.LocalizedMessage";
  readonly locale: string;
  readonly message: string;
}

/** Message of another type, or one that cannot be decoded. */
export interface UnknownDetail {
  readonly type: "unknown";
  /** Type of the message, like `type.googleapis.com/acme.Reason`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}
