import type { ServerCall } from "../calls/server-call.js";
import type { BoundService } from "../calls/servicer.js";

/** Function that decides on a call before its handler. */
export interface Authorize<Context> {
  /**
   * Returns the call's `context`, for the handler.
   *
   * @throws StatusError to refuse the call, with UNAUTHENTICATED or PERMISSION_DENIED for instance.
   */
  (call: ServerCall<undefined>): Context | PromiseLike<Context>;
  /**
   * Checks, when a server is created, that the function suits the services whose calls it will decide on.
   *
   * @throws TypeError if it does not.
   */
  readonly checkServices?: ((services: readonly BoundService<never>[]) => void) | undefined;
}

/** Makes the option `authorize` required if the servicers need a context. */
export type RequiredAuthorize<Context> = undefined extends Context
  ? unknown
  : { readonly authorize: Authorize<Context> };
