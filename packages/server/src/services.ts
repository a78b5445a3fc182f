import { type BoundService, bindService } from "@hello/grpc-server";
import { HelloService } from "@hello/proto";
import { HelloServicer } from "./hello-servicer.js";

/** Binds all services of this server. Add new services here. */
export function bindServices(): BoundService[] {
  return [bindService(HelloService, new HelloServicer())];
}
