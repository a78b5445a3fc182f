/** Returns whether the environment requests the log of grpc-js, which goes to standard error. */
export function requestsGrpcJsLog(env: NodeJS.ProcessEnv): boolean {
  // grpc-js itself prefers the first variable.
  return Boolean(env["GRPC_NODE_VERBOSITY"] ?? env["GRPC_VERBOSITY"]);
}
