import { type CallOptions, type ClientOptions, ServiceClient } from "@hello/grpc-client";
import { HelloRequest, HelloService } from "@hello/proto";

/** Options of a {@link HelloClient}. All are optional. */
export type HelloClientOptions = ClientOptions;

/**
 * Client for the Hello service. Connects on the first call and reconnects when necessary.
 *
 *     await using client = new HelloClient("localhost:50051");
 *     console.log(await client.hello("World")); // Hello World
 */
export class HelloClient extends ServiceClient {
  /**
   * Requests the greeting for a name.
   *
   * @throws RpcError if the call fails; TypeError if the name is not a string or an option is invalid.
   */
  async hello(name: string, options?: CallOptions): Promise<string> {
    if (typeof name !== "string") {
      throw new TypeError(`invalid name ${JSON.stringify(name)}: it must be a string`);
    }
    const response = await this.unary(HelloService.hello, new HelloRequest().setValue(name), options);
    return response.getValue();
  }
}
