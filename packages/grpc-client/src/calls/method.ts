import { formatValue } from "@hello/grpc-common";

/** Method of a service. The generated definitions of grpc-tools and those of proto-loader satisfy it. */
export interface Method<Request, Response> {
  /** Path on the wire, like `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/**
 * Encodes a request.
 *
 * @throws Error of the method's serializer, or TypeError if its result is no Buffer.
 */
export function encode<Request>(method: Method<Request, unknown>, request: Request): Buffer {
  const bytes: unknown = method.requestSerialize(request);
  if (!Buffer.isBuffer(bytes)) {
    throw new TypeError(`${method.path} encodes a request as ${formatValue(bytes)}, which is no Buffer`);
  }
  return bytes;
}

/** Tests whether a message is of the type that a generated method takes. Other methods do not tell. */
export function isRequestOf(method: Method<never, unknown>, request: unknown): boolean {
  const type: unknown = Reflect.get(method, "requestType");
  return typeof type !== "function" || request instanceof type;
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
