import type { StatusObject } from "@grpc/grpc-js";
import type { StreamOptions } from "./call-options.js";
import { noOptions } from "./call-progress.js";
import type { CallScope } from "./call-scope.js";
import { checkKind, type Method } from "./method.js";
import { RunningCall } from "./running-call.js";

const kind = { requestStream: true, responseStream: false };

/** Makes a client streaming call. Throws like `ServiceClient.clientStream`. */
export async function clientStream<Request, Response>(
  scope: CallScope,
  method: Method<Request, Response>,
  requests: Iterable<Request> | AsyncIterable<Request>,
  options: StreamOptions = noOptions,
): Promise<Response> {
  checkKind(method, kind);
  const call = new ClientStreamCall(scope, method, options, scope.pool.timeoutMs);
  const status = await call.run(requests);
  if (status.code !== 0) {
    throw await call.toError(status);
  }
  return call.response as Response;
}

class ClientStreamCall<Request, Response> extends RunningCall<Request, Response> {
  /** Set if the status is OK. */
  response: Response | undefined;
  #resolve: ((status: StatusObject) => void) | undefined;

  /** Makes the call and resolves with its status. */
  run(requests: Iterable<Request> | AsyncIterable<Request>): Promise<StatusObject> {
    return new Promise((resolve) => {
      this.#resolve = resolve;
      this.startStream(requests);
      this.read();
      this.startIdleTimer();
    });
  }

  protected override onResponse(response: Response): void {
    this.response = response;
    this.stopRequests();
    // If the server violates the protocol with a second message, the status arrives only after that message is read.
    this.read();
  }

  protected override onEnd(status: StatusObject): void {
    this.#resolve?.(status);
  }
}
