import type { StreamOptions } from "./call-options.js";
import { noOptions } from "./call-progress.js";
import type { CallScope } from "./call-scope.js";
import { checkKind, type Method } from "./method.js";
import { ResponseStreamCall, responseStream } from "./response-stream.js";

const kind = { requestStream: false, responseStream: true };

/** Makes a server streaming call. Throws like `ServiceClient.serverStream`. */
export function serverStream<Request, Response>(
  scope: CallScope,
  method: Method<Request, Response>,
  request: Request,
  options: StreamOptions = noOptions,
): AsyncGenerator<Response, void, undefined> {
  return responseStream(scope, () => {
    checkKind(method, kind);
    return new ResponseStreamCall(scope, method, options).open(request);
  });
}
