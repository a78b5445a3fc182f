import { type CallOptions, type ClientOptions, type ReceivedMetadata, ServiceClient } from "@hello/grpc-client";
import { HelloRequest, HelloService } from "@hello/proto";

/** Options of a {@link HelloClient}. All are optional. */
export type HelloClientOptions = ClientOptions;

/** Greeting, with the metadata around it. */
export interface Greeting {
  readonly greeting: string;
  /** Metadata that the server sent before the greeting. */
  readonly metadata: ReceivedMetadata;
  /** Metadata that the server sent after the greeting. */
  readonly trailers: ReceivedMetadata;
}

/**
 * Client of the Hello service. It connects with the first call, and reconnects when necessary.
 *
 *     await using client = new HelloClient("localhost:50051");
 *     console.log(await client.hello("World")); // Hello World
 */
export class HelloClient extends ServiceClient {
  /**
   * Requests the greeting for a name.
   *
   * @throws RpcError if the call fails.
   */
  async hello(name: string, options?: CallOptions): Promise<string> {
    const response = await this.unary(HelloService.hello, new HelloRequest().setValue(name), options);
    return response.getValue();
  }

  /**
   * Requests the greeting for a name, and returns the metadata around it too.
   *
   * @throws RpcError if the call fails.
   */
  async helloWithMetadata(name: string, options?: CallOptions): Promise<Greeting> {
    const request = new HelloRequest().setValue(name);
    const { message, metadata, trailers } = await this.unaryWithMetadata(HelloService.hello, request, options);
    return { greeting: message.getValue(), metadata, trailers };
  }
}
