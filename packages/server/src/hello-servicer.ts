import { type HelloRequest, HelloResponse, type HelloService } from "@hello/proto";
import { hello } from "./hello.js";
import type { Servicer } from "./rpc/servicer.js";

/** Answers the RPCs of the Hello service. */
export class HelloServicer implements Servicer<typeof HelloService> {
  /** Greets the one who is named in the request. */
  async hello(request: HelloRequest): Promise<HelloResponse> {
    return new HelloResponse().setValue(hello(request.getValue()));
  }
}
