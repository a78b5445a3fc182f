import { type Metadata, type ServerUnaryCall, status } from "@grpc/grpc-js";
import { type PeerIdentity, peerIdentity } from "../tls/peer-identity.js";
import { StatusError } from "./status-error.js";

/** Properties that the four kinds of grpc-js's calls have in common. */
export type GrpcCall = Pick<
  ServerUnaryCall<unknown, unknown>,
  "cancelled" | "getAuthContext" | "getDeadline" | "getPath" | "getPeer" | "metadata"
> & { once(event: "cancelled", listener: () => void): unknown };

/**
 * Tolerance when a call ends at about its deadline: the client's timer and the server's race, and Node's timers may be a
 * millisecond early.
 */
const deadlineToleranceMs = 10;

/** Ends the observation of a call: a later end of its stream is no cancellation. */
let markAnswered: (call: ServerCall) => void;

/** Tells whether an error is only the consequence of the call's own cancellation. */
let isConsequenceOfCancellation: (call: ServerCall, error: unknown) => boolean;

export { isConsequenceOfCancellation, markAnswered };

/** A call as its handler sees it. Each property is computed when it is first read. */
export class ServerCall {
  readonly #call: GrpcCall;
  readonly #draining: AbortSignal;
  #controller: AbortController | undefined;
  #answered = false;

  static {
    markAnswered = (call) => {
      call.#answered = true;
    };
    isConsequenceOfCancellation = (call, error) => {
      if (!call.#call.cancelled || !(error instanceof Error)) {
        return false;
      }
      const reason: unknown = call.#controller?.signal.reason;
      return error.name === "AbortError" || (reason !== undefined && (error === reason || error.cause === reason));
    };
  }

  constructor(call: GrpcCall, draining: AbortSignal) {
    this.#call = call;
    this.#draining = draining;
  }

  /** Full method name as on the wire, like `/package.Service/Method`. */
  get path(): string {
    return this.#call.getPath();
  }

  /** Address of the client, like `127.0.0.1:54321`. */
  get peer(): string {
    return this.#call.getPeer();
  }

  /** Identity of the client by its certificate, or `undefined` without mutual TLS. Read once for each connection. */
  get peerIdentity(): PeerIdentity | undefined {
    const { sslPeerCertificate } = this.#call.getAuthContext();
    return sslPeerCertificate && peerIdentity(sslPeerCertificate);
  }

  /** Metadata that the client sent. */
  get metadata(): Metadata {
    return this.#call.metadata;
  }

  /** Time at which the client stops waiting, or `undefined` if it set no deadline. */
  get deadline(): Date | undefined {
    const deadline = this.#call.getDeadline();
    return deadline === Number.POSITIVE_INFINITY ? undefined : new Date(deadline);
  }

  /**
   * Signal that aborts when the client cancels or the deadline passes, and not when the call has been answered. Its
   * reason is a {@link StatusError}, so a handler may reject with it.
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

  /** Signal that aborts when the server begins to shut down, so that a long stream can finish in time. */
  get draining(): AbortSignal {
    return this.#draining;
  }

  #abort(controller: AbortController): void {
    // grpc-js emits "cancelled" at the end of every call.
    if (this.#answered) {
      return;
    }
    const { deadline } = this;
    controller.abort(
      deadline !== undefined && deadline.getTime() - deadlineToleranceMs <= Date.now()
        ? new StatusError(status.DEADLINE_EXCEEDED, "the deadline has passed")
        : new StatusError(status.CANCELLED, "the call has been cancelled"),
    );
  }
}
