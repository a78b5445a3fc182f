import { type Client, Metadata, type MethodDefinition } from "@grpc/grpc-js";

/** Properties of a method that its caller needs. */
export type CalledMethod<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "path" | "requestSerialize" | "responseDeserialize"
>;

/** Options of {@link callUnary}. */
export interface UnaryCallOptions {
  readonly metadata?: Metadata;
  /** Deadline of the call in milliseconds. Default 30 seconds. */
  readonly timeoutMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** Calls a method with a grpc-js client. Rejects with a `ServiceError` if the status is not OK. */
export function callUnary<Request, Response>(
  client: Client,
  { path, requestSerialize, responseDeserialize }: CalledMethod<Request, Response>,
  request: Request,
  { metadata = new Metadata(), timeoutMs = 30_000, signal }: UnaryCallOptions = {},
): Promise<Response> {
  return new Promise((resolve, reject) => {
    const options = { deadline: Date.now() + timeoutMs };
    const call = client.makeUnaryRequest<Request, Response>(
      path,
      requestSerialize,
      responseDeserialize,
      request,
      metadata,
      options,
      (error, response) => {
        if (error) {
          reject(error);
        } else if (response === undefined) {
          reject(new Error(`${path} succeeded without a response`));
        } else {
          resolve(response);
        }
      },
    );
    signal?.addEventListener("abort", () => call.cancel());
  });
}
