import { type Server, type ServerDuplexStream, type ServerMethodDefinition, status } from "@grpc/grpc-js";

type UnknownCall = ServerDuplexStream<unknown, unknown>;

/** No message of an unknown method is read or written; this marks one. */
function cannotCode(): never {
  throw new TypeError("the method is unknown");
}

/** Whether a method that an interceptor meets is one that no service has. */
export function isUnknownMethod({ requestDeserialize }: ServerMethodDefinition<unknown, unknown>): boolean {
  return requestDeserialize === cannotCode;
}

/**
 * Lets the interceptors of a server see calls of methods that no service has. grpc-js answers those itself, and as it
 * would they are answered here: UNIMPLEMENTED, with its words.
 */
export function interceptUnknownMethods(server: Server): void {
  // grpc-js has no fallback handler, only this map.
  const handlers = Reflect.get(server, "handlers") as Map<string, unknown>;
  const known = handlers.get.bind(handlers);
  handlers.get = (path) => known(path) ?? unknownMethod(path);
}

function unknownMethod(path: string) {
  return {
    type: "bidi",
    path,
    serialize: cannotCode,
    deserialize: cannotCode,
    func(call: UnknownCall) {
      const details = `The server does not implement the method ${path}`;
      call.emit("error", { code: status.UNIMPLEMENTED, details });
    },
  };
}
