import { type Client, Metadata, type MethodDefinition } from "@grpc/grpc-js";

/** What of a method its caller needs. */
export type CalledMethod<Request, Response> = Pick<
  MethodDefinition<Request, Response>,
  "path" | "requestSerialize" | "responseDeserialize"
>;

/** How {@link callUnary} calls. */
export interface UnaryCallOptions {
  readonly metadata?: Metadata;
  /** Default 30 seconds: no call of a test waits for ever. */
  readonly timeoutMs?: number;
  /** Cancels the call. */
  readonly signal?: AbortSignal;
}

/** Calls a method with a client of grpc-js. Rejects with a ServiceError where the status is not OK. */
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
