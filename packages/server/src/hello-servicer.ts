import type { Servicer } from "@hello/grpc-server";
import { type HelloRequest, HelloResponse, type HelloService } from "@hello/proto";
import { hello } from "./hello.js";

/** Handlers of the Hello service. */
export class HelloServicer implements Servicer<typeof HelloService> {
  /** Greets the name in the request. */
  async hello(request: HelloRequest): Promise<HelloResponse> {
    return new HelloResponse().setValue(hello(request.getValue()));
  }
}
