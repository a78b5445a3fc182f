import { Metadata, type ServerInterceptingCallInterface } from "@grpc/grpc-js";
import { peerOf } from "../sockets/transport.js";
import type { PeerIdentity } from "../tls/peer-identity.js";

/** Encoding of responses on the wire. */
export type Compression = "identity" | "gzip";

/** State of a call in the parts that its handler sees. */
export interface CallState {
  readonly path: string;
  readonly base: Pick<ServerInterceptingCallInterface, "getConnectionInfo" | "getDeadline">;
  readonly peerIdentity: PeerIdentity | undefined;
  readonly context: unknown;
  readonly metadata: Metadata;
  /** Initial metadata and compression of the responses. */
  readonly responses: { metadata: Metadata | undefined; compression: Compression };
  trailers: Metadata | undefined;
  readonly signal: AbortSignal;
  readonly draining: AbortSignal;
}

/**
 * Call as passed to its handler. Each property is computed only when it is read.
 *
 * `Context` is the type that the server's `authorize` returns.
 */
export class ServerCall<Context = unknown> {
  readonly #call: CallState;

  constructor(call: CallState) {
    this.#call = call;
  }

  /** Full method name, like `/package.Service/Method`. */
  get path(): string {
    return this.#call.path;
  }

  /** Address of the client, like `127.0.0.1:54321`, or `unix` for a Unix domain socket. */
  get peer(): string {
    return peerOf(this.#call.base.getConnectionInfo());
  }

  /** Identity in the client's certificate, or `undefined` without mutual TLS. */
  get peerIdentity(): PeerIdentity | undefined {
    return this.#call.peerIdentity;
  }

  /** Result of the server's `authorize`, or `undefined` without one. */
  get context(): Context {
    return this.#call.context as Context;
  }

  /** Metadata from the client. */
  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** Initial metadata, sent before the first response. Later changes have no effect. */
  get responseMetadata(): Metadata {
    const { responses } = this.#call;
    responses.metadata ??= new Metadata();
    return responses.metadata;
  }

  /** Trailers, sent with the status after the last response. */
  get trailers(): Metadata {
    this.#call.trailers ??= new Metadata();
    return this.#call.trailers;
  }

  /**
   * Compression of the next response, if the client accepts it. Default: the server's `compression`. To compress any
   * response, set `gzip` before the first one, because the initial metadata announces the encoding. Set `identity` for
   * later responses that would not get smaller.
   */
  get compression(): Compression {
    return this.#call.responses.compression;
  }

  /** @throws TypeError if the compression is unknown. */
  set compression(compression: Compression) {
    if (compression !== "identity" && compression !== "gzip") {
      throw new TypeError(`invalid compression "${String(compression)}": must be "identity" or "gzip"`);
    }
    this.#call.responses.compression = compression;
  }

  /** Time at which the client stops waiting, or `undefined` if it set no deadline. */
  get deadline(): Date | undefined {
    const deadline = this.#call.base.getDeadline();
    return deadline === Number.POSITIVE_INFINITY ? undefined : new Date(deadline);
  }

  /**
   * Signal that aborts when the client cancels, the deadline passes, or the server cancels the call at the end of a
   * shutdown. It does not abort once the call has been answered. Its reason is a {@link StatusError}, which a handler
   * may throw.
   */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Signal that aborts when the server begins to shut down, so that long streams can finish in time. */
  get draining(): AbortSignal {
    return this.#call.draining;
  }
}
