import { connectivityState, type StatusObject, status } from "@grpc/grpc-js";
import type { StreamOptions } from "./call-options.js";
import type { CallScope } from "./call-scope.js";
import { ClientCall } from "./client-call.js";
import type { Method } from "./method.js";

/** Yields the responses of a call, which starts with the first `next()`. */
export function responseStream<Request, Response>(
  scope: CallScope,
  start: () => ResponseStreamCall<Request, Response>,
): AsyncGenerator<Response, void, undefined> {
  let leave = () => {};
  const responses = receive();
  const finish = responses.return.bind(responses);
  return Object.assign(responses, {
    // On its own, a generator would first wait for the pending response.
    return() {
      leave();
      return finish();
    },
  });

  async function* receive(): AsyncGenerator<Response, void, undefined> {
    const call = start();
    leave = () => call.leave();
    scope.addStream(leave);
    try {
      while (await call.advance()) {
        yield call.take();
      }
    } finally {
      scope.removeStream(leave);
      call.leave();
    }
  }
}

/** Call with a stream of responses. */
export class ResponseStreamCall<Request, Response> extends ClientCall<Request, Response> {
  readonly #responses: Response[] = [];
  readonly #firstResponseMs: number;
  #status: StatusObject | undefined;
  #left = false;
  #timer: NodeJS.Timeout | undefined;
  #wake = () => {};

  /**
   * @param firstResponseMs Time that the first response may take in milliseconds, or Infinity. Default: the client's
   * `timeoutMs`, or no limit if the options have a `timeoutMs`.
   * @throws TypeError if an option is invalid.
   */
  constructor(scope: CallScope, method: Method<Request, Response>, options: StreamOptions, firstResponseMs?: number) {
    super(scope, method, options, Number.POSITIVE_INFINITY);
    const defaultMs = options.timeoutMs === undefined ? scope.pool.timeoutMs : Number.POSITIVE_INFINITY;
    this.#firstResponseMs = firstResponseMs ?? defaultMs;
  }

  /** Makes the call with one request. */
  open(request: Request): this {
    this.start(request);
    return this.#limitFirstResponse();
  }

  /** Makes the call with a stream of requests. */
  openStream(requests: Iterable<Request> | AsyncIterable<Request>): this {
    this.startStream(requests);
    return this.#limitFirstResponse();
  }

  /**
   * Waits for the next response. Resolves with false at the end of the stream.
   *
   * @throws RpcError if the call fails.
   */
  async advance(): Promise<boolean> {
    this.read();
    this.startIdleTimer();
    while (this.#responses.length === 0 && this.#status === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.stopIdleTimer();
    if (this.#responses.length > 0) {
      return true;
    }
    if (this.#left || this.#status === undefined || this.#status.code === status.OK) {
      return false;
    }
    throw await this.toError(this.#status);
  }

  /** Returns the response that {@link advance} waited for. */
  take(): Response {
    return this.#responses.shift() as Response;
  }

  /** Cancels the call because its stream is no longer read. */
  leave(): void {
    this.#left = true;
    clearTimeout(this.#timer);
    this.cancel(status.CANCELLED, "the stream is no longer read");
  }

  protected override onResponse(response: Response): void {
    clearTimeout(this.#timer);
    this.#responses.push(response);
    this.#wake();
  }

  protected override onEnd(status: StatusObject): void {
    clearTimeout(this.#timer);
    this.#status = status;
    this.#wake();
  }

  #limitFirstResponse(): this {
    if (this.#status === undefined && this.#firstResponseMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#giveUp(), Math.max(this.#firstResponseMs, 0));
    }
    return this;
  }

  /** Ends the call without a first response, with the wording of grpc-js. */
  #giveUp(): void {
    this.timeoutMs = this.#firstResponseMs;
    const isConnected = this.channel?.getConnectivityState(false) === connectivityState.READY;
    const peer = isConnected ? ",remote_addr=the server" : "";
    this.cancel(status.DEADLINE_EXCEEDED, `Deadline exceeded after ${this.timeoutMs} ms${peer}`);
  }
}
