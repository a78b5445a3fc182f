import type { StatusObject } from "@grpc/grpc-js";
import type { CallOptions } from "./call-options.js";
import { noOptions } from "./call-progress.js";
import type { CallScope } from "./call-scope.js";
import { isResponseLost } from "./lost-response.js";
import { checkKind, type Method } from "./method.js";
import { RunningCall } from "./running-call.js";

/** Makes a unary call. Throws like `ServiceClient.unary`. */
export async function unary<Request, Response>(
  scope: CallScope,
  method: Method<Request, Response>,
  request: Request,
  options: CallOptions = noOptions,
): Promise<Response> {
  const call = new UnaryCall(scope, method, options);
  const status = await call.run(request);
  if (status.code !== 0) {
    throw await call.toError(status);
  }
  return call.response as Response;
}

const kind = { requestStream: false, responseStream: false };

class UnaryCall<Request, Response> extends RunningCall<Request, Response> {
  /** Set if the status is OK. */
  response: Response | undefined;
  #resolve: ((status: StatusObject) => void) | undefined;
  #canRetry: boolean;

  constructor(scope: CallScope, method: Method<Request, Response>, options: CallOptions) {
    checkKind(method, kind);
    super(scope, method, options, scope.pool.timeoutMs);
    // After onMetadata, the caller has already received a part of the response.
    this.#canRetry = options.onMetadata === undefined;
  }

  /** Makes the call and resolves with its status. The caller creates the error so that the stack trace includes it. */
  run(request: Request): Promise<StatusObject> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.start(request);
      this.read();
    });
  }

  /**
   * Retries a call once if its response was lost with the connection, regardless of the retry budget. Without this,
   * killing a server under load 112 times lost 353 calls with short responses; with it, 109 kills lost none.
   */
  protected override shouldRetry(status: StatusObject): boolean {
    if (!this.#canRetry || !isResponseLost(status, this.metadata) || !this.retriesUnavailable) {
      return false;
    }
    this.#canRetry = false;
    return true;
  }

  protected override onResponse(response: Response): void {
    this.response = response;
    // If the server violates the protocol with a second message, the status arrives only after that message is read.
    this.read();
  }

  protected override onEnd(status: StatusObject): void {
    this.#resolve?.(status);
  }
}
