import type { MetadataInit } from "./metadata.js";
import type { ParentCall } from "./parent-call.js";

/** How one call is made. What is left out is as the client's options say. */
export interface CallOptions {
  /**
   * How long the call may take, in milliseconds, retries included; then it fails with DEADLINE_EXCEEDED, as it does at
   * once where this is 0 or less. The server learns of it. At most 2,147,483,647, which is 24 days, or Infinity for no
   * deadline. Default: the client's, which is 5,000.
   */
  readonly timeoutMs?: number;
  /** Cancels the call, which then fails with CANCELLED and the signal's reason as `cause`. */
  readonly signal?: AbortSignal;
  /** What to send beside the request. */
  readonly metadata?: MetadataInit;
  /**
   * Whether the call waits for a connection until its deadline, rather than fail with UNAVAILABLE when there is none.
   * Default: the client's, which is false.
   */
  readonly waitForReady?: boolean;
  /**
   * The server call that this one is made for: it ends by that one's deadline, and with its cancellation. A `ServerCall`
   * of @hello/server, or a call object of grpc-js.
   */
  readonly parent?: ParentCall;
}
