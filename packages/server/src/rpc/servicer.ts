import type { MethodDefinition, Server, ServiceDefinition, UntypedServiceImplementation } from "@grpc/grpc-js";
import type { Logger } from "pino";
import { type HandlerContext, type UnaryHandler, unary } from "./unary.js";

/** One handler for each unary method of a generated service definition. */
export type Servicer<Service extends ServiceDefinition> = {
  // The generated interface also has an index signature, which a class cannot implement.
  [Name in keyof Service as string extends Name ? never : Name]: Service[Name] extends MethodDefinition<
    infer Request,
    infer Response
  >
    ? UnaryHandler<Request, Response>
    : never;
};

/**
 * Puts a servicer on a server.
 *
 * @throws TypeError where a method has no handler, or streams: those need a safe handler of their own first.
 */
export function addServicer<Service extends ServiceDefinition>(
  server: Server,
  service: Service,
  servicer: Servicer<Service>,
  context: HandlerContext,
): void {
  const definition: Record<string, MethodDefinition<unknown, unknown>> = {};
  const handlers: UntypedServiceImplementation = {};
  for (const [name, method] of Object.entries<MethodDefinition<unknown, unknown>>(service)) {
    const handler: unknown = Reflect.get(servicer, name);
    if (typeof handler !== "function" || method.requestStream || method.responseStream) {
      throw new TypeError(`${method.path} has no unary handler`);
    }
    definition[name] = { ...method, responseSerialize: logFailure(method, context.logger) };
    handlers[name] = unary(handler.bind(servicer) as UnaryHandler<unknown, unknown>, context);
  }
  server.addService(definition, handlers);
}

/** grpc-js answers INTERNAL where a response cannot be serialized, but tells nobody why. */
function logFailure({ path, responseSerialize }: MethodDefinition<unknown, unknown>, logger: Logger) {
  return (response: unknown): Buffer => {
    try {
      return responseSerialize(response);
    } catch (error) {
      logger.error({ method: path, err: error }, "response cannot be serialized");
      throw error;
    }
  };
}
