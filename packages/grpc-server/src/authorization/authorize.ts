import type { ServerCall } from "../calls/server-call.js";
import type { BoundService } from "../calls/servicer.js";

/** Function that authorizes each call before its handler runs. */
export interface Authorize<Context> {
  /**
   * Returns the `context` of the call for its handler.
   *
   * @throws StatusError to reject the call, for example with UNAUTHENTICATED or PERMISSION_DENIED.
   */
  (call: ServerCall<undefined>): Context | PromiseLike<Context>;
  /**
   * Checks that the function can authorize the calls of these services. Called when a server is created.
   *
   * @throws TypeError if it cannot.
   */
  readonly checkServices?: ((services: readonly BoundService<never>[]) => void) | undefined;
}

/** Type that makes the option `authorize` required if the servicers need a context. */
export type RequiredAuthorize<Context> = undefined extends Context
  ? unknown
  : { readonly authorize: Authorize<Context> };
