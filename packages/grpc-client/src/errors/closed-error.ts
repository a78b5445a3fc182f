import { status } from "@grpc/grpc-js";
import { RpcError } from "./rpc-error.js";

/** Creates the error for a call on a closed client or channel. */
export function createClosedError(target: string, method?: string): RpcError {
  return new RpcError({ code: status.CANCELLED, details: "the client is closed", target, method });
}
