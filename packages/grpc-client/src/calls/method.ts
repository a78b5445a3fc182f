/** Method of a service. The generated definitions of grpc-tools and those of proto-loader satisfy it. */
export interface Method<Request, Response> {
  /** Path on the wire, like `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/** @throws TypeError if a method is not of the kind that is called. */
export function checkKind(
  { path, requestStream, responseStream }: Method<never, unknown>,
  expected: { readonly requestStream: boolean; readonly responseStream: boolean },
): void {
  if (requestStream !== expected.requestStream || responseStream !== expected.responseStream) {
    const kind = (stream: boolean) => (stream ? "a stream" : "one message");
    throw new TypeError(`${path} takes ${kind(requestStream)} and returns ${kind(responseStream)}`);
  }
}
