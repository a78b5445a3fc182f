import {
  type ChannelInterface,
  type InterceptingListener,
  type Metadata,
  type StatusObject,
  status,
} from "@grpc/grpc-js";
import { reasonOf } from "@hello/grpc-common";
import { createAttemptCredentials } from "../channel/bearer-token.js";
import { addStreamingPath } from "../http2/reset-cancelled-streams.js";
import { observeCall } from "../telemetry/observed-call.js";
import { type AbortListener, addAbortListener, removeAbortListener } from "./abort-listeners.js";
import type { StreamOptions } from "./call-options.js";
import { CallProgress } from "./call-progress.js";
import type { CallScope } from "./call-scope.js";
import { IdleTimer } from "./idle-timer.js";
import { createLocalStatus } from "./local-status.js";
import { hasRequestType, type Method, serializeRequest } from "./method.js";
import { onCancelled } from "./parent-call.js";
import { RequestSender, type RequestSink } from "./request-sender.js";
import { countAttempts } from "./to-rpc-error.js";
import { onWritten } from "./written-requests.js";

/**
 * State machine of one call of any kind. It is also the listener that it passes to grpc-js and the signal, which saves
 * the allocation of closures.
 */
export abstract class RunningCall<Request, Response>
  extends CallProgress<Request, Response>
  implements InterceptingListener, AbortListener, RequestSink
{
  /** Request of a call without a request stream. */
  #request: Buffer | undefined;
  readonly #metadata: Metadata;
  #sender: RequestSender<Request> | undefined;
  readonly #idleTimer: IdleTimer | undefined;
  #cancelled = false;
  #call: ReturnType<ChannelInterface["createCall"]> | undefined;
  #sentBytes = 0;
  #receivedBytes = 0;
  #detachParent: (() => void) | undefined;

  /**
   * @param defaultTimeoutMs Timeout in milliseconds if the options set none, or Infinity.
   * @throws TypeError if an option is invalid.
   */
  constructor(scope: CallScope, method: Method<Request, Response>, options: StreamOptions, defaultTimeoutMs: number) {
    super(scope, method, options, defaultTimeoutMs);
    this.#metadata = scope.pool.metadataFor(options);
    const { idleTimeoutMs } = options;
    if (idleTimeoutMs !== undefined) {
      const details = `no message was sent or received for ${idleTimeoutMs} ms`;
      this.#idleTimer = new IdleTimer(idleTimeoutMs, () => this.cancel(status.DEADLINE_EXCEEDED, details));
    }
  }

  /** Receives each response. */
  protected abstract onResponse(response: Response): void;

  /** Receives the final status, once. */
  protected abstract onEnd(status: StatusObject): void;

  /** Decides whether the client itself retries the call instead of ending it with this status. */
  protected shouldRetry(_status: StatusObject): boolean {
    return false;
  }

  /**
   * Starts the call and sends its request.
   *
   * @throws RpcError if the client is closed; TypeError if the request is not of the method's request type.
   */
  protected start(request: Request): void {
    if (this.#endIfAborted()) {
      return;
    }
    try {
      this.#request = serializeRequest(this.method, request);
    } catch (error) {
      if (!hasRequestType(this.method, request)) {
        throw new TypeError(`invalid request: ${reasonOf(error)}`, { cause: error });
      }
      this.cause = error;
      this.onEnd(createLocalStatus(status.INTERNAL, `failed to serialize the request: ${reasonOf(error)}`));
      return;
    }
    this.#sentBytes = this.#request.length;
    this.#startCall();
  }

  /**
   * Starts the call and sends its requests as flow control allows.
   *
   * @throws RpcError if the client is closed; TypeError if the requests are not iterable.
   */
  protected startStream(requests: Iterable<Request> | AsyncIterable<Request>): void {
    if (this.#endIfAborted()) {
      return;
    }
    // Checked before the requests are iterated.
    this.scope.checkOpen(this.method.path);
    addStreamingPath(this.method.path);
    this.#sender = new RequestSender(requests, this.method, this);
    this.#startCall();
    this.#sender.sendNext();
  }

  /** Ends the call if its signal has aborted. Returns true if it has. */
  #endIfAborted(): boolean {
    const { signal } = this.options;
    if (!signal?.aborted) {
      return false;
    }
    this.cause = signal.reason;
    this.onEnd(createLocalStatus(status.CANCELLED, "the call was cancelled before it started"));
    return true;
  }

  /** Starts or retries the call in grpc-js. */
  #startCall(): void {
    const { pool } = this.scope;
    const { signal, parent } = this.options;
    const { path } = this.method;
    this.scope.checkOpen(path);
    this.channel = pool.nextChannel();
    this.metadata = undefined;
    this.#cancelled = false;
    this.progress = "sent";
    this.#receivedBytes = 0;
    this.observed ??= observeCall(path, pool.canonicalTarget);
    const call = this.channel.createCall(path, this.startedAt + this.timeoutMs, undefined, null, undefined);
    this.#call = call;
    if (pool.token !== undefined || this.observed !== undefined) {
      call.setCredentials(createAttemptCredentials(pool.token, this));
    }
    call.start(this.observed?.propagate(this.#metadata) ?? this.#metadata, this);
    if (this.#request !== undefined) {
      call.sendMessageWithContext({}, this.#request);
      call.halfClose();
    }
    if (signal !== undefined) {
      addAbortListener(signal, this);
    }
    if (parent !== undefined) {
      this.#detachParent = onCancelled(parent, () => this.cancel(status.CANCELLED, "the parent call was cancelled"));
    }
  }

  sendRequest(message: Buffer, context: { readonly callback: () => void }): void {
    this.#sentBytes += message.length;
    this.#call?.sendMessageWithContext(context, message);
    this.#idleTimer?.refresh();
  }

  onRequestWritten(listener: (index: number) => void): boolean {
    return this.#call !== undefined && onWritten(this.#call, listener);
  }

  endRequests(): void {
    this.#call?.halfClose();
  }

  /** Stops sending requests. */
  protected stopRequests(): void {
    this.#sender?.stop();
  }

  /** Starts to limit the time between messages if `idleTimeoutMs` is set. */
  protected startIdleTimer(): void {
    if (this.#call !== undefined) {
      this.#idleTimer?.start();
    }
  }

  protected stopIdleTimer(): void {
    this.#idleTimer?.stop();
  }

  /** Requests the next response, or the status. */
  protected read(): void {
    this.#call?.startRead();
  }

  /** True if calls of this method are retried after UNAVAILABLE. */
  protected get retriesUnavailable(): boolean {
    return !this.scope.closed && this.scope.pool.retriesUnavailable(this.method.path);
  }

  /** Ends the call with a local status, unless it has already ended. */
  cancel(code: status, details: string, cause?: unknown): void {
    if (!this.#cancelled) {
      this.#cancelled = true;
      this.cause = cause ?? this.cause;
      this.#sender?.stop();
      this.#call?.cancelWithStatus(code, details);
    }
  }

  onAbort(reason: unknown): void {
    this.cancel(status.CANCELLED, "the call was cancelled", reason);
  }

  onReceiveMetadata(metadata: Metadata): void {
    this.progress = "metadata";
    this.metadata = metadata;
    this.reportMetadata(metadata);
  }

  onReceiveMessage(message: Buffer): void {
    if (this.progress === "message" && !this.method.responseStream) {
      this.cancel(status.UNIMPLEMENTED, "the server sent more than one message");
      return;
    }
    this.progress = "message";
    this.#receivedBytes += message.length;
    this.#idleTimer?.refresh();
    let response: Response;
    try {
      response = this.method.responseDeserialize(message);
    } catch (error) {
      this.cancel(status.INTERNAL, `failed to deserialize the response: ${reasonOf(error)}`, error);
      return;
    }
    this.onResponse(response);
  }

  onReceiveStatus(received: StatusObject): void {
    const { signal } = this.options;
    if (signal !== undefined) {
      removeAbortListener(signal, this);
    }
    this.#detachParent?.();
    this.#sender?.stop();
    this.#idleTimer?.stop();
    let final = this.toFinalStatus(received);
    const attempts = this.previousAttempts + countAttempts(final, this.metadata);
    if (final.code !== status.OK && this.#request !== undefined && this.shouldRetry(final)) {
      this.previousAttempts = attempts;
      this.#startCall();
      this.read();
      return;
    }
    final = this.reportTrailers(final, received);
    this.observed?.end(final, attempts, { sentBytes: this.#sentBytes, receivedBytes: this.#receivedBytes });
    this.onEnd(final);
  }
}
