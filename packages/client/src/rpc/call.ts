import type { MethodDefinition, StatusObject } from "@grpc/grpc-js";
import type { CallOptions, UnaryResponse } from "./call-options.js";
import type { Caller } from "./caller.js";
import { isConnectionLost } from "./lost-response.js";
import { fromGrpcMetadata } from "./metadata.js";
import { UnaryCall } from "./unary-call.js";

/** What a call is made with if nothing is said. */
const noOptions: CallOptions = {};

/**
 * Makes a unary call.
 *
 * @throws RpcError where it fails, for whatever reason; TypeError where the options cannot be.
 */
export async function unaryCall<Request, Response>(
  caller: Caller,
  method: MethodDefinition<Request, Response>,
  request: Request,
  options: CallOptions = noOptions,
): Promise<Response> {
  let call = new UnaryCall(caller, method, options);
  let status = await call.run(request);
  if (mayRepeat(caller, call, status)) {
    call = call.again();
    status = await call.run(request);
  }
  if (status.code !== 0) {
    // Made here rather than where the status arrives, so that the stack leads to whoever made the call.
    throw await call.error(status);
  }
  return call.response as Response;
}

/** Makes a unary call, like {@link unaryCall}, for all that comes with the response. */
export async function unaryCallWithMetadata<Request, Response>(
  caller: Caller,
  method: MethodDefinition<Request, Response>,
  request: Request,
  options: CallOptions = noOptions,
): Promise<UnaryResponse<Response>> {
  let call = new UnaryCall(caller, method, options);
  let status = await call.run(request);
  if (mayRepeat(caller, call, status)) {
    call = call.again();
    status = await call.run(request);
  }
  if (status.code !== 0) {
    throw await call.error(status);
  }
  return {
    message: call.response as Response,
    metadata: fromGrpcMetadata(call.metadata),
    trailers: fromGrpcMetadata(status.metadata),
  };
}

/**
 * Whether the connection was lost between the first and the last byte of a response, where grpc-js retries no more, as
 * it may have handed on the beginning. We have not: the call may be made once again, if it may be after a loss at all.
 */
function mayRepeat<Request, Response>(
  caller: Caller,
  call: UnaryCall<Request, Response>,
  status: StatusObject,
): boolean {
  return status.code !== 0 && call.metadata !== undefined && isConnectionLost(status) && caller.repeats(call.path);
}
