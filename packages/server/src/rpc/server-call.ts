import { type Metadata, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { type PeerIdentity, peerIdentity } from "./peer-identity.js";
import { StatusError } from "./status-error.js";

/**
 * How much earlier than the deadline a call may end because of it: the client's timer and the server's run in a tie, in
 * which the client cancels, and Node's timers may be a millisecond early.
 */
const deadlineTieMs = 10;

/**
 * What a handler can know of the call it answers. Each part is made when it is first asked for.
 */
export class ServerCall {
  readonly #call: ServerUnaryCall<unknown, unknown>;
  #controller: AbortController | undefined;
  #ended = false;

  constructor(call: ServerUnaryCall<unknown, unknown>) {
    this.#call = call;
  }

  /** The full method name as on the wire, like `/package.Service/Method`. */
  get path(): string {
    return this.#call.getPath();
  }

  /** The client's address, like `127.0.0.1:54321`. */
  get peer(): string {
    return this.#call.getPeer();
  }

  /**
   * Who the client is, by its certificate, or `undefined` where TLS has not verified one. Read once for each connection.
   */
  get peerIdentity(): PeerIdentity | undefined {
    const { sslPeerCertificate } = this.#call.getAuthContext();
    return sslPeerCertificate && peerIdentity(sslPeerCertificate);
  }

  /** What the client sent beside the request. */
  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** When the client stops waiting, or `undefined` where it set no deadline. */
  get deadline(): Date | undefined {
    const deadline = this.#call.getDeadline();
    return deadline === Number.POSITIVE_INFINITY ? undefined : new Date(deadline);
  }

  /**
   * Aborts when the client cancels or the deadline passes, and not when the call has been answered. Its reason is a
   * {@link StatusError}, so that a handler may reject with it.
   */
  get signal(): AbortSignal {
    if (this.#controller === undefined) {
      const controller = new AbortController();
      this.#controller = controller;
      if (this.#call.cancelled) {
        this.#abort(controller);
      } else {
        this.#call.once("cancelled", () => this.#abort(controller));
      }
    }
    return this.#controller.signal;
  }

  /** Marks the call as answered: from here on its end is no cancellation. */
  end(): void {
    this.#ended = true;
  }

  /** Whether an error is only what becomes of a handler's work when its call is cancelled: nothing to worry about. */
  explains(error: unknown): boolean {
    if (!this.#call.cancelled || !(error instanceof Error)) {
      return false;
    }
    const reason: unknown = this.#controller?.signal.reason;
    return error.name === "AbortError" || (reason !== undefined && error.cause === reason);
  }

  #abort(controller: AbortController): void {
    // grpc-js emits "cancelled" at the end of every call.
    if (this.#ended) {
      return;
    }
    const { deadline } = this;
    controller.abort(
      deadline !== undefined && deadline.getTime() - deadlineTieMs <= Date.now()
        ? new StatusError(status.DEADLINE_EXCEEDED, "the deadline has passed")
        : new StatusError(status.CANCELLED, "the call has been cancelled"),
    );
  }
}
