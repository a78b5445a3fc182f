import { formatValue } from "@hello/grpc-common";

/** Method of a service, like those in the service definitions of grpc-tools and proto-loader. */
export interface Method<Request, Response> {
  /** Full method name, like `/package.Service/Method`. */
  readonly path: string;
  readonly requestStream: boolean;
  readonly responseStream: boolean;
  readonly requestSerialize: (request: Request) => Buffer;
  readonly responseDeserialize: (bytes: Buffer) => Response;
}

/**
 * Serializes a request.
 *
 * @throws Error of the method's serializer, or TypeError if its result is not a Buffer.
 */
export function serializeRequest<Request>(method: Method<Request, unknown>, request: Request): Buffer {
  const bytes: unknown = method.requestSerialize(request);
  if (!Buffer.isBuffer(bytes)) {
    throw new TypeError(`requestSerialize of ${method.path} must return a Buffer, not ${formatValue(bytes)}`);
  }
  return bytes;
}

/** Returns whether a message is of the method's request type, or true if the method does not declare its type. */
export function hasRequestType(method: Method<never, unknown>, request: unknown): boolean {
  const type: unknown = Reflect.get(method, "requestType");
  return typeof type !== "function" || request instanceof type;
}

/**
 * Checks that a method is of the expected kind.
 *
 * @throws TypeError if it is of another kind.
 */
export function checkKind(
  { path, requestStream, responseStream }: Method<never, unknown>,
  expected: { readonly requestStream: boolean; readonly responseStream: boolean },
): void {
  if (requestStream !== expected.requestStream || responseStream !== expected.responseStream) {
    const requests = requestStream ? "a stream of requests" : "one request";
    const responses = responseStream ? "a stream of responses" : "one response";
    const [unary, stream] = requestStream ? ["clientStream", "bidiStream"] : ["unary", "serverStream"];
    const caller = responseStream ? stream : unary;
    throw new TypeError(`${path} takes ${requests} and returns ${responses}: call it with ${caller}()`);
  }
}
