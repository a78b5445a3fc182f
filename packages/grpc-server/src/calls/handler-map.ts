import { type Server, status } from "@grpc/grpc-js";
import type { Logger } from "pino";
import type { BaseCall } from "../http2/base-call.js";

/** Entry in the handler map of grpc-js. */
export interface Handler {
  readonly path: string;
  readonly func: (call: BaseCall) => void;
  readonly serialize?: (response: unknown) => Buffer;
  readonly deserialize?: (request: Buffer) => unknown;
}

/** Sets the handler of a method. */
export function setHandler(server: Server, handler: Handler): void {
  // Not server.register(): OpenTelemetry's instrumentation wraps it, and its wrapper never calls this kind of handler.
  handlersOf(server).set(handler.path, handler);
}

/** Returns the handler of the method with a path, or the result of the fallbacks. */
export function getHandler(server: Server, path: string): Handler | undefined {
  return handlersOf(server).get(path);
}

/** Makes a server call `find` for each call of a method that has no handler. */
export function addFallback(server: Server, find: (path: string) => Handler | undefined): void {
  // grpc-js has no fallback handler, only this map.
  const handlers = handlersOf(server);
  const get = handlers.get.bind(handlers);
  handlers.get = (path) => get(path) ?? find(path);
}

/**
 * Makes grpc-js pass its own call object to the handlers of a server. By default it passes a stream, of a different
 * type for each of the four kinds of method, which buffers up to 16 messages in each direction.
 */
export function passBaseCalls(server: Server, logger: Logger): void {
  Object.assign(server, {
    _runHandlerForCall(call: BaseCall, { path, func }: Handler): true {
      try {
        func(call);
      } catch (error) {
        // For example, an interceptor has thrown.
        logger.error({ method: path, err: error }, "failed to start the call");
        call.sendStatus({ code: status.INTERNAL, details: "internal error", metadata: null });
      }
      return true;
    },
  });
}

function handlersOf(server: Server): Map<string, Handler> {
  return Reflect.get(server, "handlers") as Map<string, Handler>;
}
