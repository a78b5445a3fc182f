import { connectivityState, type StatusObject, status } from "@grpc/grpc-js";
import type { StreamOptions } from "./call-options.js";
import type { CallScope } from "./call-scope.js";
import { ClientCall } from "./client-call.js";
import { checkKind, type Method } from "./method.js";

/** Makes a call with a stream of responses. Throws as `ServiceClient.serverStream` does. */
export function serverStream<Request, Response>(
  scope: CallScope,
  method: Method<Request, Response>,
  request: Request,
  options: StreamOptions = {},
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
    checkKind(method, { requestStream: false, responseStream: true });
    const call = new ServerStreamCall(scope, method, options);
    leave = () => call.leave();
    scope.addStream(leave);
    try {
      call.open(request);
      while (await call.advance()) {
        yield call.take();
      }
    } finally {
      scope.removeStream(leave);
      call.leave();
    }
  }
}

class ServerStreamCall<Request, Response> extends ClientCall<Request, Response> {
  readonly #responses: Response[] = [];
  #status: StatusObject | undefined;
  #left = false;
  #timer: NodeJS.Timeout | undefined;
  #wake = () => {};

  open(request: Request): void {
    const timeoutMs = this.timeoutMs;
    this.start(request, Number.POSITIVE_INFINITY);
    if (this.#status === undefined && timeoutMs !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(() => this.#giveUp(), Math.max(timeoutMs, 0));
    }
  }

  /**
   * Waits for the next response. Resolves with false at the end of the stream.
   *
   * @throws RpcError if the call fails.
   */
  async advance(): Promise<boolean> {
    this.read();
    while (this.#responses.length === 0 && this.#status === undefined) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
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
    this.timeoutMs = Number.POSITIVE_INFINITY;
    this.#responses.push(response);
    this.#wake();
  }

  protected override onEnd(status: StatusObject): void {
    clearTimeout(this.#timer);
    this.#status = status;
    this.#wake();
  }

  /** Ends the call at its deadline, with the wording of grpc-js. */
  #giveUp(): void {
    const isConnected = this.channel?.getConnectivityState(false) === connectivityState.READY;
    const peer = isConnected ? ",remote_addr=the server" : "";
    this.cancel(status.DEADLINE_EXCEEDED, `Deadline exceeded after ${this.timeoutMs} ms${peer}`);
  }
}
