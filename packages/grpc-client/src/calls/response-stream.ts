import { connectivityState, type StatusObject, status } from "@grpc/grpc-js";
import { formatDeadlineDetails } from "../errors/describe-failure.js";
import type { StreamOptions } from "./call-options.js";
import type { CallScope } from "./call-scope.js";
import type { Method } from "./method.js";
import { RunningCall } from "./running-call.js";

/** Yields the responses of a call. The call starts with the first `next()`. */
export function responseStream<Request, Response>(
  scope: CallScope,
  start: () => ResponseStreamCall<Request, Response>,
): AsyncGenerator<Response, void, undefined> {
  let stop = () => {};
  const responses = receive();
  const finish = responses.return.bind(responses);
  return Object.assign(responses, {
    // The generator's own return() would wait for the pending response.
    return() {
      stop();
      return finish();
    },
  });

  async function* receive(): AsyncGenerator<Response, void, undefined> {
    const call = start();
    stop = () => call.stop();
    scope.addStream(stop);
    try {
      while (await call.advance()) {
        yield call.take();
      }
    } finally {
      scope.removeStream(stop);
      call.stop();
    }
  }
}

/** Call with a stream of responses. */
export class ResponseStreamCall<Request, Response> extends RunningCall<Request, Response> {
  readonly #responses: Response[] = [];
  readonly #firstResponseTimeoutMs: number;
  #status: StatusObject | undefined;
  #stopped = false;
  #firstResponseTimer: NodeJS.Timeout | undefined;
  #wake = () => {};

  /**
   * @param firstResponseTimeoutMs Timeout of the first response in milliseconds, or Infinity. Default: the client's
   * `timeoutMs`, or no limit if the options have a `timeoutMs`.
   * @throws TypeError if an option is invalid.
   */
  constructor(
    scope: CallScope,
    method: Method<Request, Response>,
    options: StreamOptions,
    firstResponseTimeoutMs?: number,
  ) {
    super(scope, method, options, Number.POSITIVE_INFINITY);
    const defaultMs = options.timeoutMs === undefined ? scope.pool.timeoutMs : Number.POSITIVE_INFINITY;
    this.#firstResponseTimeoutMs = firstResponseTimeoutMs ?? defaultMs;
  }

  /** Starts the call with one request. */
  open(request: Request): this {
    this.start(request);
    return this.#limitFirstResponse();
  }

  /** Starts the call with a stream of requests. */
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
    if (this.#stopped || this.#status === undefined || this.#status.code === status.OK) {
      return false;
    }
    throw await this.toError(this.#status);
  }

  /** Returns the response that {@link advance} waited for. */
  take(): Response {
    return this.#responses.shift() as Response;
  }

  /** Ends the stream, and cancels the call unless it has ended. */
  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#firstResponseTimer);
    this.cancel(status.CANCELLED, "the caller stopped reading the stream");
  }

  protected override onResponse(response: Response): void {
    clearTimeout(this.#firstResponseTimer);
    this.#responses.push(response);
    this.#wake();
  }

  protected override onEnd(status: StatusObject): void {
    clearTimeout(this.#firstResponseTimer);
    this.#status = status;
    this.#wake();
  }

  #limitFirstResponse(): this {
    const timeoutMs = this.#firstResponseTimeoutMs;
    if (this.#status === undefined && timeoutMs !== Number.POSITIVE_INFINITY) {
      this.#firstResponseTimer = setTimeout(() => this.#onFirstResponseTimeout(), Math.max(timeoutMs, 0));
    }
    return this;
  }

  #onFirstResponseTimeout(): void {
    this.timeoutMs = this.#firstResponseTimeoutMs;
    const isConnected = this.channel?.getConnectivityState(false) === connectivityState.READY;
    const details = formatDeadlineDetails(this.timeoutMs, isConnected ? "the server" : undefined);
    this.cancel(status.DEADLINE_EXCEEDED, details);
  }
}
