import { Metadata } from "@grpc/grpc-js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import type { RunningCall } from "./running-call.js";

/** Encoding of responses on the wire. */
export type Compression = "identity" | "gzip";

/**
 * A call as its handler sees it. Each property is computed when it is first read.
 *
 * `Context` is the type of the result of the server's `authorize`.
 */
export class ServerCall<Context = unknown> {
  readonly #call: RunningCall;

  constructor(call: RunningCall) {
    this.#call = call;
  }

  /** Full method name as on the wire, like `/package.Service/Method`. */
  get path(): string {
    return this.#call.path;
  }

  /** Address of the client, like `127.0.0.1:54321`. */
  get peer(): string {
    const { remoteAddress, remotePort } = this.#call.base.getConnectionInfo();
    return remoteAddress === undefined ? "unknown" : `${remoteAddress}:${remotePort}`;
  }

  /** Identity of the client by its certificate, or `undefined` without mutual TLS. */
  get peerIdentity(): PeerIdentity | undefined {
    return this.#call.peerIdentity;
  }

  /** Result of the server's `authorize`, or `undefined` without one. */
  get context(): Context {
    return this.#call.authorized as Context;
  }

  /** Metadata that the client sent. */
  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** Metadata that the client receives before the first response. Changes after that have no effect. */
  get responseMetadata(): Metadata {
    const { responses } = this.#call;
    responses.metadata ??= new Metadata();
    return responses.metadata;
  }

  /** Metadata that the client receives after the last response, with the status. */
  get trailers(): Metadata {
    this.#call.trailers ??= new Metadata();
    return this.#call.trailers;
  }

  /**
   * Compression of the next response, if the client accepts it. Default: that of the server. Responses can be compressed
   * only if this is `gzip` when the first one is sent, because the encoding is announced with it; a later `identity`
   * leaves out those that do not gain from it.
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
   * Signal that aborts when the client cancels, the deadline passes or the server cancels the call at the end of a
   * shutdown, and not when the call has been answered. Its reason is a {@link StatusError}, so a handler may reject with
   * it.
   */
  get signal(): AbortSignal {
    return this.#call.signal;
  }

  /** Signal that aborts when the server begins to shut down, so that a long stream can finish in time. */
  get draining(): AbortSignal {
    return this.#call.draining;
  }
}
