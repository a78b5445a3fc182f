import {
  type ChannelInterface,
  type InterceptingListener,
  Metadata,
  type MethodDefinition,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { type ObservedCall, observeCall } from "../telemetry/observed-call.js";
import { type AttemptListener, attemptCredentials } from "./bearer-token.js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import type { Circumstances } from "./explain.js";
import { attemptsAt, failure } from "./failure.js";
import { isConnectionLost } from "./lost-response.js";
import { type AbortListener, offAbort, onAbort } from "./on-abort.js";
import { callMetadata, type GrpcCall, limitFor } from "./open-call.js";
import { onCancelled } from "./parent-call.js";
import { cannotDecode, reasonOf, receivedStatus } from "./received-status.js";
import type { RpcError } from "./rpc-error.js";

/**
 * One unary call. It is its own listener, for grpc-js and for the signal, so that a call makes no closures but for what
 * it asks for.
 */
export class UnaryCall<Request, Response> implements InterceptingListener, AttemptListener, AbortListener {
  /** What the server answered; there where the status is OK. */
  response: Response | undefined;
  /** What the server sent before that. */
  metadata: Metadata | undefined;
  readonly #caller: Caller;
  readonly #method: MethodDefinition<Request, Response>;
  readonly #options: CallOptions;
  readonly #limitMs: number;
  /** In milliseconds since 1970. */
  readonly #startedAt = Date.now();
  #channel: ChannelInterface | undefined;
  #call: GrpcCall | undefined;
  #observed: ObservedCall | undefined;
  #progress: Circumstances["progress"] = "sent";
  #responseBytes = 0;
  /** How many attempts earlier runs made. */
  #attempts = 0;
  #cause: unknown;
  #settle: ((status: StatusObject) => void) | undefined;
  #detachParent: (() => void) | undefined;

  /** @throws TypeError where the options cannot be. */
  constructor(caller: Caller, method: MethodDefinition<Request, Response>, options: CallOptions) {
    this.#caller = caller;
    this.#method = method;
    this.#options = options;
    this.#limitMs = limitFor(caller, options);
  }

  /**
   * Makes the call and resolves with its status.
   *
   * @throws RpcError where the client is closed; TypeError where the metadata cannot be sent.
   */
  run(request: Request): Promise<StatusObject> {
    return new Promise((settle) => {
      this.#settle = settle;
      this.#progress = "sent";
      this.metadata = undefined;
      const { signal, parent } = this.#options;
      if (signal?.aborted) {
        this.#cause = signal.reason;
        settle(localStatus(status.CANCELLED, "the call was cancelled before it began"));
        return;
      }
      let message: Buffer;
      try {
        message = this.#method.requestSerialize(request);
      } catch (error) {
        this.#cause = error;
        settle(localStatus(status.INTERNAL, `the request cannot be encoded: ${reasonOf(error)}`));
        return;
      }
      const metadata = callMetadata(this.#caller, this.#options);
      const { path } = this.#method;
      this.#channel = this.#caller.channelFor(path);
      this.#observed ??= observeCall(path, this.#caller.canonicalTarget, message.length);
      const call = this.#channel.createCall(path, this.#startedAt + this.#limitMs, undefined, null, undefined);
      this.#call = call;
      if (this.#caller.token !== undefined || this.#observed !== undefined) {
        call.setCredentials(attemptCredentials(this.#caller.token, this));
      }
      call.start(this.#observed?.propagate(metadata) ?? metadata, this);
      call.startRead();
      call.sendMessageWithContext({}, message);
      call.halfClose();
      if (signal !== undefined) {
        onAbort(signal, this);
      }
      if (parent !== undefined) {
        this.#detachParent = onCancelled(parent, () =>
          call.cancelWithStatus(status.CANCELLED, "the call that this one was made for was cancelled"),
        );
      }
    });
  }

  /**
   * Whether the connection was lost between the first and the last byte of a response, where grpc-js retries no more, as
   * it may have handed on the beginning. We have not: the call may run once again, if it may after a loss at all. The
   * budget of retries is grpc-js's own, and neither asked nor charged for this.
   */
  mayRunAgain(status: StatusObject): boolean {
    if (
      this.#attempts > 0 ||
      this.metadata === undefined ||
      !isConnectionLost(status, this.metadata) ||
      !this.#caller.repeats(this.#method.path)
    ) {
      return false;
    }
    this.#attempts = attemptsAt(status, this.metadata);
    return true;
  }

  /** Tells whoever observes the call that it has ended. */
  end(status: StatusObject): void {
    this.#observed?.end(status);
  }

  /** The error for a status that is not OK. */
  error(status: StatusObject): Promise<RpcError> {
    return failure({
      target: this.#caller.target,
      method: this.#method.path,
      channel: this.#channel,
      timeoutMs: this.#caller.limitFor(this.#method.path, this.#limitMs),
      startedAt: this.#startedAt,
      status,
      metadata: this.metadata,
      progress: this.#progress,
      attemptsBefore: this.#attempts,
      cause: this.#cause,
    });
  }

  onAbort(reason: unknown): void {
    this.#cause = reason;
    this.#call?.cancelWithStatus(status.CANCELLED, "the call was cancelled");
  }

  onAttempt(): void {
    this.#observed?.attemptStarted();
    if (this.#caller.token !== undefined) {
      this.#progress = "token";
    }
  }

  onToken(): void {
    this.#progress = "sent";
    this.#cause = undefined;
  }

  onTokenError(cause: unknown): void {
    this.#cause = cause;
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.#progress = "metadata";
    this.metadata = metadata;
  }

  onReceiveMessage(message: Buffer): void {
    if (this.#progress === "message") {
      this.#call?.cancelWithStatus(status.UNIMPLEMENTED, "the server sent more than one message");
      return;
    }
    this.#progress = "message";
    this.#responseBytes = message.length;
    try {
      this.response = this.#method.responseDeserialize(message);
    } catch (error) {
      this.#cause = error;
      this.#call?.cancelWithStatus(status.INTERNAL, cannotDecode(error));
      return;
    }
    // Else a second message, which breaks the protocol, would keep the status back until the deadline.
    this.#call?.startRead();
  }

  onReceiveStatus(received: StatusObject): void {
    const { signal } = this.#options;
    if (signal !== undefined) {
      offAbort(signal, this);
    }
    this.#detachParent?.();
    const final =
      received.code === status.OK && this.#progress !== "message"
        ? localStatus(status.UNIMPLEMENTED, "the server sent no message")
        : receivedStatus(received);
    this.#observed?.attemptsEnded(final, attemptsAt(final, this.metadata), this.#responseBytes);
    this.#settle?.(final);
  }
}

function localStatus(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() };
}
