import { createServer, type GrpcServer, type ServerOptions } from "@hello/grpc-server";
import { bindServices } from "./services.js";

/** Options of {@link createHelloServer}. All are optional. */
export type HelloServerOptions = Omit<ServerOptions, "services">;

/**
 * Creates a server for the Hello service. Call its `start()` to accept connections.
 *
 * @throws TypeError that lists every unknown or invalid option.
 */
export function createHelloServer(options: HelloServerOptions = {}): GrpcServer {
  return createServer({ ...options, services: bindServices() });
}
