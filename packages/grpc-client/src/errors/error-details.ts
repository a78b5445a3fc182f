/**
 * Machine-readable detail of a failure. The messages are those of `google/rpc/error_details.proto`; any other message
 * has the type `"unknown"`.
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
    /** Machine-readable reason, or `""`. */
    readonly reason: string;
  }[];
}

/** Machine-readable reason for the failure. */
export interface ErrorInfo {
  readonly type: "google.rpc.ErrorInfo";
  readonly reason: string;
  readonly domain: string;
  readonly metadata: Readonly<Record<string, string>>;
}

/** Delay before a retry. */
export interface RetryInfo {
  readonly type: "google.rpc.RetryInfo";
  readonly retryDelayMs: number;
}

/** Stack trace of the failure in the server. */
export interface DebugInfo {
  readonly type: "google.rpc.DebugInfo";
  readonly stackEntries: readonly string[];
  readonly detail: string;
}

/** Exceeded quotas. */
export interface QuotaFailure {
  readonly type: "google.rpc.QuotaFailure";
  readonly violations: readonly { readonly subject: string; readonly description: string }[];
}

/** Failed preconditions. */
export interface PreconditionFailure {
  readonly type: "google.rpc.PreconditionFailure";
  readonly violations: readonly { readonly type: string; readonly subject: string; readonly description: string }[];
}

/** Identifier of the request, to report to the operators of the server. */
export interface RequestInfo {
  readonly type: "google.rpc.RequestInfo";
  readonly requestId: string;
  readonly servingData: string;
}

/** Resource that the call tried to access. */
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

/** Error message in the language of the user. */
export interface LocalizedMessage {
  readonly type: "google.rpc.LocalizedMessage";
  readonly locale: string;
  readonly message: string;
}

/** Detail of another type, or a malformed detail. */
export interface UnknownDetail {
  readonly type: "unknown";
  /** Type URL, like `type.googleapis.com/acme.Reason`. */
  readonly typeUrl: string;
  readonly value: Uint8Array;
}
