/** A client of the Hello service. */
export { HelloClient, type HelloClientOptions } from "./hello-client.js";
export type { CallOptions } from "./rpc/call.js";
export { RpcError, type RpcErrorInit, type StatusName } from "./rpc/rpc-error.js";
