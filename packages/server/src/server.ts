import { createServer, type GrpcServer, type ServerOptions } from "@hello/grpc-server";
import { bindServices } from "./services.js";

/** Options of {@link createHelloServer}: all but the services, each with a default. */
export type HelloServerOptions = Omit<ServerOptions, "services">;

/**
 * Creates a server of the Hello service; its `start()` starts it.
 *
 * @throws TypeError which names every option that is unknown or out of range.
 */
export function createHelloServer(options: HelloServerOptions = {}): GrpcServer {
  return createServer({ ...options, services: bindServices() });
}
