import type { ServerInterceptor } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { BaseCall } from "../http2/base-call.js";
import type { ThrottledWarn } from "../throttled-warn.js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import type { Compression, ServerCall } from "./server-call.js";

/** Parts of a server that all its calls share. */
export interface CallEnvironment {
  readonly logger: Logger;
  readonly warn: ThrottledWarn;
  /** Signal that aborts when the server begins to shut down. */
  readonly draining: AbortSignal;
  /** Interceptors of the runtime, which forward everything synchronously. */
  readonly observers: readonly ServerInterceptor[];
  /** Interceptors of the user, which may forward asynchronously. */
  readonly interceptors: readonly ServerInterceptor[];
  readonly compression: Compression;
  /** Authorizes a call before its handler runs, and returns the call's context. */
  readonly authorize: ((call: ServerCall<undefined>) => unknown) | undefined;
  /** Returns the identity of a call's client. Undefined without mutual TLS. */
  readonly identify: ((call: BaseCall) => PeerIdentity) | undefined;
}
