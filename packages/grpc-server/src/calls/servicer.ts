import { inspect } from "node:util";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { parseMethodPath, toStrictMethod } from "@hello/grpc-common";
import type { BidiStreamHandler, ClientStreamHandler, ServerStreamHandler, UnaryHandler } from "./handler-types.js";
import type { ServerCall } from "./server-call.js";

/**
 * Handlers of a service, one for each of its methods.
 *
 * `Context` is the type of `call.context` that they need, which the server's `authorize` must return.
 */
export type Servicer<Service, Context = unknown> = {
  // The generated interface also has an index signature, which a class cannot implement.
  [Name in keyof Service as string extends Name ? never : Name]: Service[Name] extends MethodDefinition<
    infer Request,
    infer Response
  >
    ? HandlerOf<Service[Name]["requestStream"], Service[Name]["responseStream"], Request, Response, Context>
    : never;
};

type HandlerOf<RequestStream, ResponseStream, Request, Response, Context> = RequestStream extends true
  ? ResponseStream extends true
    ? BidiStreamHandler<Request, Response, Context>
    : ClientStreamHandler<Request, Response, Context>
  : ResponseStream extends true
    ? ServerStreamHandler<Request, Response, Context>
    : UnaryHandler<Request, Response, Context>;

/** Names of a service's methods, without the index signature of its generated interface. */
type MethodName<Service> = keyof { [Name in keyof Service as string extends Name ? never : Name]: unknown };

/** Context that the handlers of a servicer need, inferred from the types of their calls. `unknown` if none needs it. */
export type ContextOf<Service, Handlers> = [Handlers[keyof Handlers & MethodName<Service>]] extends [
  (input: never, call: ServerCall<infer Context>) => unknown,
]
  ? Context
  : unknown;

/**
 * Method and its handler, which takes a request or a stream of requests, and returns a response or a stream of
 * responses.
 */
export interface BoundMethod<Context = unknown> {
  readonly definition: MethodDefinition<unknown, unknown>;
  readonly handler: (input: unknown, call: ServerCall<Context>) => unknown;
}

/** Service and its handlers. */
export interface BoundService<Context = unknown> {
  /** Full name, like `package.Service`. */
  readonly name: string;
  /** Service definition, from which reflection reads the descriptors. */
  readonly definition: ServiceDefinition;
  readonly methods: readonly BoundMethod<Context>[];
}

/**
 * Binds a service to its handlers.
 *
 * @param service Generated definition, like `EchoService`, or a definition from proto-loader.
 * @throws TypeError if the definition is invalid or a method has no handler.
 */
export function bindService<Service extends object, Handlers extends object>(
  service: Service,
  servicer: Handlers & Servicer<Service, ContextOf<Service, Handlers>>,
): BoundService<ContextOf<Service, Handlers>> {
  const entries = typeof service === "object" && service !== null ? Object.entries(service) : [];
  if (entries.length === 0 || !entries.every(([, method]) => isMethod(method))) {
    throw new TypeError(
      `invalid service definition ${inspect(service, { depth: 0, breakLength: Infinity })}: pass the generated service, like EchoService, ` +
        'or the "service" property of a client constructor',
    );
  }
  const methods = entries.map(([name, method]: [string, NamedMethod]) => {
    const handler: unknown = Reflect.get(servicer, name) ?? Reflect.get(servicer, method.originalName ?? name);
    if (typeof handler !== "function") {
      throw new TypeError(`the servicer has no handler for ${method.path}`);
    }
    return { definition: toStrictMethod(method), handler: handler.bind(servicer) as BoundMethod["handler"] };
  });
  const [{ definition: { path = "" } = {} } = {}] = methods;
  return { name: parseMethodPath(path).service, definition: service as unknown as ServiceDefinition, methods };
}

/** Method definition. proto-loader uses the name in the .proto file as the key and adds the camel-case name. */
type NamedMethod = MethodDefinition<unknown, unknown> & { readonly originalName?: string };

function isMethod(method: unknown): method is NamedMethod {
  const { path, requestDeserialize, responseSerialize } = Object(method) as Partial<NamedMethod>;
  return (
    typeof path === "string" &&
    /^\/[^/]+\/[^/]+$/.test(path) &&
    typeof requestDeserialize === "function" &&
    typeof responseSerialize === "function"
  );
}
