import type { ServerInterceptingCallInterface, ServerMethodDefinition } from "@grpc/grpc-js";
import type { BaseCall } from "../http2/base-call.js";
import type { CallEnvironment } from "./call-environment.js";

/** Wraps a call in the interceptors of its server. */
export function intercept(
  base: BaseCall,
  definition: ServerMethodDefinition<unknown, unknown>,
  { observers, interceptors }: CallEnvironment,
): ServerInterceptingCallInterface {
  let call: ServerInterceptingCallInterface = base;
  for (const interceptor of observers) {
    call = interceptor(definition, call);
  }
  for (const interceptor of interceptors) {
    call = interceptor(definition, call);
  }
  return call;
}
