/** Client for the Hello service. */
export type * from "@hello/grpc-client";
export { ClientChannel, RpcError } from "@hello/grpc-client";
export { HelloClient, type HelloClientOptions } from "./hello-client.js";
