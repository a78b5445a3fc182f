import { type Client, type CallOptions as GrpcCallOptions, Metadata, type MethodDefinition } from "@grpc/grpc-js";
import { RpcError } from "./rpc-error.js";

/** How one call is made. */
export interface CallOptions {
  /** How long the call may take, in milliseconds; then it fails with DEADLINE_EXCEEDED. Default: the client's. */
  readonly timeoutMs?: number;
  /** Cancels the call, which then fails with CANCELLED and the signal's reason as `cause`. */
  readonly signal?: AbortSignal;
}

/** A channel to a target, with what its calls have in common. */
export interface Caller {
  readonly target: string;
  readonly timeoutMs: number;
  readonly stub: Client;
}

/**
 * Makes a unary call.
 *
 * @throws RpcError where it fails, for whatever reason.
 */
export function unaryCall<Request, Response>(
  { target, timeoutMs, stub }: Caller,
  method: MethodDefinition<Request, Response>,
  request: Request,
  { signal, ...options }: CallOptions,
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const fail = (code: number, details: string, cause?: unknown) =>
      reject(new RpcError({ code, details, target, method: method.path, cause }));
    if (signal?.aborted) {
      fail(1, "the call was cancelled before it began", signal.reason);
      return;
    }
    const grpcOptions: GrpcCallOptions = { deadline: Date.now() + (options.timeoutMs ?? timeoutMs) };
    const call = stub.makeUnaryRequest(
      method.path,
      method.requestSerialize,
      method.responseDeserialize,
      request,
      new Metadata(),
      grpcOptions,
      (error, response) => {
        signal?.removeEventListener("abort", cancel);
        if (error !== null) {
          fail(error.code, error.details, signal?.aborted ? signal.reason : undefined);
        } else if (response === undefined) {
          fail(13, "the server sent no message");
        } else {
          resolve(response);
        }
      },
    );
    const cancel = () => call.cancel();
    signal?.addEventListener("abort", cancel);
  });
}
