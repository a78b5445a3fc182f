import { type ChannelInterface, type InterceptingListener, Metadata, type StatusObject, status } from "@grpc/grpc-js";
import { reasonOf, strictMethod } from "@hello/grpc-common";
import { type AttemptListener, attemptCredentials } from "../channel/bearer-token.js";
import type { FailureContext } from "../errors/describe-failure.js";
import type { RpcError } from "../errors/rpc-error.js";
import { countAttempts, toRpcError } from "../errors/to-rpc-error.js";
import { type ObservedCall, observeCall } from "../telemetry/observed-call.js";
import type { StreamOptions } from "./call-options.js";
import type { CallScope } from "./call-scope.js";
import { checkTimeout, timeoutOf } from "./call-timeout.js";
import type { Method } from "./method.js";
import { type AbortListener, offAbort, onAbort } from "./on-abort.js";
import { onCancelled } from "./parent-call.js";
import { RequestSender, type RequestSink } from "./request-sender.js";

/**
 * State machine of one call, whatever its kind. It is its own listener, for grpc-js and for the signal, so that a call
 * allocates no closures it does not need.
 */
export abstract class ClientCall<Request, Response>
  implements InterceptingListener, AttemptListener, AbortListener, RequestSink<Request>
{
  /** Metadata that the server sent before the first response. */
  metadata: Metadata | undefined;
  /** Time that the call may take, in milliseconds. */
  protected timeoutMs: number;
  protected channel: ChannelInterface | undefined;
  /** In milliseconds since 1970. */
  protected readonly startedAt = Date.now();
  readonly #scope: CallScope;
  readonly #method: Method<Request, Response>;
  readonly #options: StreamOptions;
  #request: EncodedRequest | undefined;
  #sender: RequestSender<Request> | undefined;
  #cancelled = false;
  #idleTimer: NodeJS.Timeout | undefined;
  #call: ReturnType<ChannelInterface["createCall"]> | undefined;
  #observed: ObservedCall | undefined;
  #progress: FailureContext["progress"] = "sent";
  #sentBytes = 0;
  #receivedBytes = 0;
  /** Attempts of the runs before this one. */
  #previousAttempts = 0;
  #cause: unknown;
  #detachParent: (() => void) | undefined;

  /**
   * @param defaultTimeoutMs Time that the call may take without a timeout of its own, in milliseconds, or Infinity.
   * @throws TypeError if a timeout is invalid.
   */
  constructor(scope: CallScope, method: Method<Request, Response>, options: StreamOptions, defaultTimeoutMs: number) {
    this.#scope = scope;
    this.#method = strictMethod(method);
    this.#options = options;
    this.timeoutMs = timeoutOf(options, defaultTimeoutMs);
    if (options.idleTimeoutMs !== undefined) {
      checkTimeout("idleTimeoutMs", options.idleTimeoutMs);
    }
  }

  /** Receives each response. */
  protected abstract onResponse(response: Response): void;

  /** Receives the final status, once. */
  protected abstract onEnd(status: StatusObject): void;

  /** Decides whether to make the call once more instead of ending with this status. */
  protected repeats(_status: StatusObject): boolean {
    return false;
  }

  /**
   * Starts the call and sends its request.
   *
   * @throws RpcError if the client is closed; TypeError if the metadata is invalid.
   */
  protected start(request: Request): void {
    if (this.#abortedBeforeStart()) {
      return;
    }
    let message: Buffer;
    try {
      message = this.#method.requestSerialize(request);
    } catch (error) {
      this.#cause = error;
      this.onEnd(localStatus(status.INTERNAL, `the request cannot be encoded: ${reasonOf(error)}`));
      return;
    }
    this.#sentBytes = message.length;
    this.#request = { message, metadata: this.#scope.pool.metadataFor(this.#options) };
    this.#send(this.#request);
  }

  /**
   * Starts the call and sends its requests, as the server takes them.
   *
   * @throws RpcError if the client is closed; TypeError if the metadata or the iterable is invalid.
   */
  protected startStream(requests: Iterable<Request> | AsyncIterable<Request>): void {
    if (this.#abortedBeforeStart()) {
      return;
    }
    const metadata = this.#scope.pool.metadataFor(this.#options);
    if (this.#scope.closed) {
      // Throws before the requests are touched.
      this.#scope.channelFor(this.#method.path);
    }
    this.#sender = new RequestSender(requests, this);
    this.#send({ message: undefined, metadata });
    void this.#sender.run();
  }

  #abortedBeforeStart(): boolean {
    const { signal } = this.#options;
    if (!signal?.aborted) {
      return false;
    }
    this.#cause = signal.reason;
    this.onEnd(localStatus(status.CANCELLED, "the call was cancelled before it began"));
    return true;
  }

  #send({ message, metadata }: EncodedRequest): void {
    const { pool } = this.#scope;
    const { signal, parent } = this.#options;
    const { path } = this.#method;
    this.channel = this.#scope.channelFor(path);
    this.metadata = undefined;
    this.#cancelled = false;
    this.#progress = "sent";
    this.#receivedBytes = 0;
    this.#observed ??= observeCall(path, pool.canonicalTarget);
    const call = this.channel.createCall(path, this.startedAt + this.timeoutMs, undefined, null, undefined);
    this.#call = call;
    if (pool.token !== undefined || this.#observed !== undefined) {
      call.setCredentials(attemptCredentials(pool.token, this));
    }
    call.start(this.#observed?.propagate(metadata) ?? metadata, this);
    if (message !== undefined) {
      call.sendMessageWithContext({}, message);
      call.halfClose();
    }
    if (signal !== undefined) {
      onAbort(signal, this);
    }
    if (parent !== undefined) {
      this.#detachParent = onCancelled(parent, () => this.cancel(status.CANCELLED, "the parent call was cancelled"));
    }
  }

  sendRequest(request: Request, onTaken: () => void): boolean {
    let message: Buffer;
    try {
      message = this.#method.requestSerialize(request);
    } catch (error) {
      this.cancel(status.INTERNAL, `a request cannot be encoded: ${reasonOf(error)}`, error);
      return false;
    }
    this.#sentBytes += message.length;
    this.#call?.sendMessageWithContext({ callback: onTaken }, message);
    this.#idleTimer?.refresh();
    return true;
  }

  endRequests(): void {
    this.#call?.halfClose();
  }

  failRequests(error: unknown): void {
    this.cancel(status.CANCELLED, `the requests failed: ${reasonOf(error)}`, error);
  }

  /** Stops sending requests. */
  protected stopRequests(): void {
    this.#sender?.stop();
  }

  /** Starts to limit the time between messages, if the options do. */
  protected startIdleTimer(): void {
    const { idleTimeoutMs = Number.POSITIVE_INFINITY } = this.#options;
    if (this.#call !== undefined && idleTimeoutMs !== Number.POSITIVE_INFINITY) {
      const details = `no message was sent or received for ${idleTimeoutMs} ms`;
      this.#idleTimer = setTimeout(() => this.cancel(status.DEADLINE_EXCEEDED, details), Math.max(idleTimeoutMs, 0));
    }
  }

  protected stopIdleTimer(): void {
    clearTimeout(this.#idleTimer);
    this.#idleTimer = undefined;
  }

  /** Requests the next response, or the status. */
  protected read(): void {
    this.#call?.startRead();
  }

  /** Tells whether calls of this method are retried after UNAVAILABLE. */
  protected get retriesUnavailable(): boolean {
    return !this.#scope.closed && this.#scope.pool.retriesUnavailable(this.#method.path);
  }

  /** Ends the call with a status of our own, unless it has ended. */
  protected cancel(code: status, details: string, cause?: unknown): void {
    if (!this.#cancelled) {
      this.#cancelled = true;
      this.#cause = cause ?? this.#cause;
      this.#sender?.stop();
      this.#call?.cancelWithStatus(code, details);
    }
  }

  /** Creates the error for a status other than OK. */
  toError(status: StatusObject): Promise<RpcError> {
    const { pool } = this.#scope;
    const { path } = this.#method;
    return toRpcError({
      target: pool.target,
      method: path,
      channel: this.channel,
      timeoutMs: pool.effectiveTimeoutMs(path, this.timeoutMs),
      startedAt: this.startedAt,
      status,
      metadata: this.metadata,
      progress: this.#progress,
      previousAttempts: this.#previousAttempts,
      cause: this.#cause,
    });
  }

  onAbort(reason: unknown): void {
    this.cancel(status.CANCELLED, "the call was cancelled", reason);
  }

  onAttempt(): void {
    this.#observed?.attemptStarted();
    if (this.#scope.pool.token !== undefined) {
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
    if (this.#progress === "message" && !this.#method.responseStream) {
      this.cancel(status.UNIMPLEMENTED, "the server sent more than one message");
      return;
    }
    this.#progress = "message";
    this.#receivedBytes += message.length;
    this.#idleTimer?.refresh();
    let response: Response;
    try {
      response = this.#method.responseDeserialize(message);
    } catch (error) {
      this.cancel(status.INTERNAL, `the response cannot be decoded: ${reasonOf(error)}`, error);
      return;
    }
    this.onResponse(response);
  }

  onReceiveStatus(received: StatusObject): void {
    const { signal } = this.#options;
    if (signal !== undefined) {
      offAbort(signal, this);
    }
    this.#detachParent?.();
    this.#sender?.stop();
    if (this.#idleTimer !== undefined) {
      this.stopIdleTimer();
    }
    const final = this.#finalStatus(received);
    const attempts = this.#previousAttempts + countAttempts(final, this.metadata);
    if (final.code !== status.OK && this.#request !== undefined && this.repeats(final)) {
      this.#previousAttempts = attempts;
      this.#send(this.#request);
      this.read();
      return;
    }
    this.#observed?.end(final, attempts, { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes });
    this.onEnd(final);
  }

  #finalStatus(received: StatusObject): StatusObject {
    if (received.code === status.OK && this.#progress !== "message" && !this.#method.responseStream) {
      return localStatus(status.UNIMPLEMENTED, "the server sent no message");
    }
    // grpc-js sets no code if a message cannot be decompressed.
    return received.code === undefined
      ? { ...received, code: status.INTERNAL, details: "the response cannot be decompressed" }
      : received;
  }
}

/** Request of a call, ready to be sent. */
interface EncodedRequest {
  /** Undefined if the call has a stream of requests. */
  readonly message: Buffer | undefined;
  readonly metadata: Metadata;
}

function localStatus(code: status, details: string): StatusObject {
  return { code, details, metadata: new Metadata() };
}
