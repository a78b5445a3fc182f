import type { MetadataInit, ReceivedMetadata } from "../metadata/metadata.js";
import type { ParentCall } from "./parent-call.js";

/** Options of a call. `timeoutMs` and `waitForReady` default to those of the client. */
export interface CallOptions {
  /**
   * Timeout of the call, retries included, in milliseconds. The server receives it as the deadline. When it expires,
   * the call fails with DEADLINE_EXCEEDED; with 0 or less, it fails at once. At most 2,147,483,647 (24 days), or
   * Infinity for no deadline.
   */
  readonly timeoutMs?: number | undefined;
  /** Cancels the call, which then fails with CANCELLED and the signal's reason as `cause`. */
  readonly signal?: AbortSignal | undefined;
  /** Metadata to send with the request. */
  readonly metadata?: MetadataInit | undefined;
  /** Wait for a connection until the deadline instead of failing with UNAVAILABLE. */
  readonly waitForReady?: boolean | undefined;
  /**
   * Server call whose handler makes this call. Its deadline and cancellation apply to this call too. A `ServerCall` of
   * @hello/grpc-server, or a call object of grpc-js.
   */
  readonly parent?: ParentCall | undefined;
  /**
   * Receives the initial metadata, which the server sends before its first response. Not called if the server sends
   * only a status. If it throws, the call is cancelled and fails with CANCELLED and the error as `cause`.
   */
  readonly onMetadata?: ((metadata: ReceivedMetadata) => void) | undefined;
  /**
   * Receives the trailers, which the server sends with its status, whether the call succeeds or fails. Empty if there
   * are none. If it throws, an otherwise successful call fails with CANCELLED and the error as `cause`.
   */
  readonly onTrailers?: ((trailers: ReceivedMetadata) => void) | undefined;
}

/** Options of a call with a stream of requests, responses, or both. */
export interface StreamOptions extends CallOptions {
  /**
   * Timeout of the whole call in milliseconds, as for other calls. Without it, the client's `timeoutMs` limits only the
   * time until the first response.
   */
  readonly timeoutMs?: number | undefined;
  /**
   * Longest time without a message in either direction while the client waits for a response, in milliseconds. When it
   * expires, the call fails with DEADLINE_EXCEEDED. At most 2,147,483,647, or Infinity. Default: no limit.
   */
  readonly idleTimeoutMs?: number | undefined;
}

/** Options of a health watch. */
export interface HealthWatchOptions extends Omit<CallOptions, "parent" | "timeoutMs"> {
  /**
   * Timeout of the first response in milliseconds. When it expires, the call fails with DEADLINE_EXCEEDED. Later
   * responses have no limit. At most 2,147,483,647, or Infinity.
   */
  readonly timeoutMs?: number | undefined;
}
