import {
  type ChannelInterface,
  type InterceptingListener,
  Metadata,
  type MethodDefinition,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import type { TokenListener } from "./bearer-token.js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import type { Circumstances } from "./explain.js";
import { attemptsOf, failure } from "./failure.js";
import { type AbortListener, offAbort, onAbort } from "./on-abort.js";
import { callMetadata, type GrpcCall, openCall } from "./open-call.js";
import { onCancelled } from "./parent-call.js";
import type { RpcError } from "./rpc-error.js";

/**
 * One unary call. It is its own listener, for grpc-js and for the signal, so that a call makes no closures but for what
 * it asks for.
 */
export class UnaryCall<Request, Response> implements InterceptingListener, TokenListener, AbortListener {
  /** What the server answered; there where the status is OK. */
  response: Response | undefined;
  /** What the server sent before that. */
  metadata: Metadata | undefined;
  readonly #caller: Caller;
  readonly #method: MethodDefinition<Request, Response>;
  readonly #options: CallOptions;
  readonly #attemptsBefore: number;
  readonly #began = Date.now();
  #channel: ChannelInterface | undefined;
  #call: GrpcCall | undefined;
  #progress: Circumstances["progress"] = "sent";
  #cause: unknown;
  #settle: ((status: StatusObject) => void) | undefined;
  #detachParent: (() => void) | undefined;

  constructor(caller: Caller, method: MethodDefinition<Request, Response>, options: CallOptions, attemptsBefore = 0) {
    this.#caller = caller;
    this.#attemptsBefore = attemptsBefore;
    this.#method = method;
    this.#options = options;
  }

  /**
   * Makes the call and resolves with its status.
   *
   * @throws RpcError where the client is closed; TypeError where the options cannot be.
   */
  run(request: Request): Promise<StatusObject> {
    return new Promise((settle) => {
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
      this.#channel = this.#caller.channelFor(this.#method.path);
      const call = openCall(this.#caller, this.#channel, this.#method.path, this.#options, this);
      this.#call = call;
      this.#settle = settle;
      call.start(metadata, this);
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

  /** The full method name, like `/Hello/Hello`. */
  get path(): string {
    return this.#method.path;
  }

  /** The same call once more, with the time that it has left. */
  again(): UnaryCall<Request, Response> {
    const { timeoutMs = this.#caller.timeoutMs } = this.#options;
    return new UnaryCall(
      this.#caller,
      this.#method,
      { ...this.#options, timeoutMs: this.#began + timeoutMs - Date.now() },
      this.#attemptsBefore + attemptsOf(this.metadata),
    );
  }

  /** The error for a status that is not OK. */
  error(status: StatusObject): Promise<RpcError> {
    const { target, timeoutMs } = this.#caller;
    return failure({
      target,
      method: this.#method.path,
      channel: this.#channel,
      timeoutMs: this.#options.timeoutMs ?? timeoutMs,
      status,
      metadata: this.metadata,
      progress: this.#progress,
      attemptsBefore: this.#attemptsBefore,
      cause: this.#cause,
    });
  }

  onAbort(reason: unknown): void {
    this.#cause = reason;
    this.#call?.cancelWithStatus(status.CANCELLED, "the call was cancelled");
  }

  onTokenWanted(): void {
    this.#progress = "token";
  }

  onToken(): void {
    this.#progress = "sent";
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
    try {
      this.response = this.#method.responseDeserialize(message);
    } catch (error) {
      this.#cause = error;
      this.#call?.cancelWithStatus(status.INTERNAL, `the response cannot be decoded: ${reasonOf(error)}`);
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
    this.#settle?.(
      received.code === status.OK && this.#progress !== "message"
        ? localStatus(status.UNIMPLEMENTED, "the server sent no message")
        : received,
    );
  }
}

function localStatus(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() };
}

function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
