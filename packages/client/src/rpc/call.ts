import type { MethodDefinition, StatusObject } from "@grpc/grpc-js";
import type { CallOptions } from "./call-options.js";
import type { Caller } from "./caller.js";
import { fromGrpcMetadata, type ReceivedMetadata } from "./metadata.js";
import { UnaryCall } from "./unary-call.js";

/** The response of a call, with all that came beside it. */
export interface UnaryResponse<Response> {
  readonly message: Response;
  /** What the server sent before the response. */
  readonly metadata: ReceivedMetadata;
  /** What the server sent after the response. */
  readonly trailers: ReceivedMetadata;
}

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
  const call = new UnaryCall(caller, method, options);
  await complete(call, request);
  return call.response as Response;
}

/** Makes a unary call, like {@link unaryCall}, for all that comes with the response. */
export async function unaryCallWithMetadata<Request, Response>(
  caller: Caller,
  method: MethodDefinition<Request, Response>,
  request: Request,
  options: CallOptions = noOptions,
): Promise<UnaryResponse<Response>> {
  const call = new UnaryCall(caller, method, options);
  const { metadata: trailers } = await complete(call, request);
  return {
    message: call.response as Response,
    metadata: fromGrpcMetadata(call.metadata),
    trailers: fromGrpcMetadata(trailers),
  };
}

/** Makes a call and resolves with its status, which is OK. */
async function complete<Request, Response>(
  call: UnaryCall<Request, Response>,
  request: Request,
): Promise<StatusObject> {
  let status = await call.run(request);
  if (status.code !== 0 && call.mayRunAgain(status)) {
    status = await call.run(request);
  }
  call.end(status);
  if (status.code !== 0) {
    // Made here rather than where the status arrives, so that the stack leads to whoever made the call.
    throw await call.error(status);
  }
  return status;
}
