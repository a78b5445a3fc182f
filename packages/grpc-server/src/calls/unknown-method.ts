import { type Server, type ServerMethodDefinition, status } from "@grpc/grpc-js";
import type { CallEnvironment } from "./call-environment.js";
import { addFallback, type Handler } from "./handler-map.js";
import { intercept } from "./intercept.js";
import { StatusError } from "./status-error.js";
import { toWireStatus } from "./to-wire-status.js";

/** Throws. Marks a method as unknown in place of its codec, which is never called. */
function unknownCodec(): never {
  throw new TypeError("the method is unknown");
}

/** Returns whether a method that was passed to an interceptor belongs to no service. */
export function isUnknownMethod({ requestDeserialize }: ServerMethodDefinition<unknown, unknown>): boolean {
  return requestDeserialize === unknownCodec;
}

/**
 * Passes calls of unknown methods through the server's interceptors, and answers them with UNIMPLEMENTED. By default,
 * grpc-js answers them before any interceptor runs, and repeats a name of any length in the status. Many clients report
 * another status if the name is too long.
 */
export function interceptUnknownMethods(server: Server, environment: CallEnvironment): void {
  addFallback(server, (path) => createUnknownMethod(path, environment));
}

function createUnknownMethod(path: string, environment: CallEnvironment): Handler {
  const definition = {
    path,
    requestStream: true,
    responseStream: true,
    requestDeserialize: unknownCodec,
    responseSerialize: unknownCodec,
  };
  return {
    path,
    func(base) {
      const call = intercept(base, definition, environment);
      // Same text as grpc-js sends.
      const error = new StatusError(status.UNIMPLEMENTED, `The server does not implement the method ${path}`);
      call.start({
        onReceiveMetadata: () => call.sendStatus(toWireStatus(error)),
        onReceiveMessage() {},
        onReceiveHalfClose() {},
        onCancel() {},
      });
    },
  };
}
