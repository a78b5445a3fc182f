import type { MetadataInit, ReceivedMetadata } from "./metadata.js";
import type { ParentCall } from "./parent-call.js";

/** Options of one call. Each defaults to the client's. */
export interface CallOptions {
  /**
   * Time that the call may take, retries included, in milliseconds; then it fails with DEADLINE_EXCEEDED, at once if this
   * is 0 or less. The server is told. At most 2,147,483,647, which is 24 days, or Infinity for no deadline.
   */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call, which then fails with CANCELLED and the signal's reason as `cause`. */
  readonly signal?: AbortSignal | undefined;
  /** Metadata to send with the request. */
  readonly metadata?: MetadataInit | undefined;
  /** Wait for a connection until the deadline, instead of failing with UNAVAILABLE while there is none. */
  readonly waitForReady?: boolean | undefined;
  /**
   * Server call on whose behalf this one is made: its deadline and its cancellation apply to this call too. A
   * `ServerCall` of @hello/grpc-server, or a call object of grpc-js.
   */
  readonly parent?: ParentCall | undefined;
  /**
   * Receives the metadata that the server sent before its first response. It is not called if the server sends only a
   * status. If it throws, the call is cancelled and fails with CANCELLED and the error as `cause`.
   */
  readonly onMetadata?: ((metadata: ReceivedMetadata) => void) | undefined;
  /**
   * Receives the metadata that the server sent with its status, when the call ends, with or without an error; empty if
   * there is none. If it throws, a call that was OK fails with CANCELLED and the error as `cause`.
   */
  readonly onTrailers?: ((trailers: ReceivedMetadata) => void) | undefined;
}

/** Options of a call with a stream of requests, responses, or both. */
export interface StreamOptions extends CallOptions {
  /**
   * Time that the whole call may take, in milliseconds, as for other calls. Without it, only the first response must
   * arrive within the client's `timeoutMs`.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Time between two messages, sent or received, while the client waits for a response, in milliseconds; then the call
   * fails with DEADLINE_EXCEEDED. At most 2,147,483,647, or Infinity. Default: no limit.
   */
  readonly idleTimeoutMs?: number | undefined;
}

/** Options of a health watch. */
export interface HealthWatchOptions extends Omit<CallOptions, "parent" | "timeoutMs"> {
  /**
   * Time that the first response may take, in milliseconds; then the call fails with DEADLINE_EXCEEDED. Later responses
   * have no limit. At most 2,147,483,647, or Infinity.
   */
  readonly timeoutMs?: number | undefined;
}
