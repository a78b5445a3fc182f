import { type ChannelCredentials, Client, credentials } from "@grpc/grpc-js";
import { HelloRequest, HelloService } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";

/** Hello client on top of grpc-js alone, with its own connection and without retries. */
export interface Greeter extends Disposable {
  greet(name: string): Promise<string>;
}

/** Creates a {@link Greeter}, in plain text by default. */
export function createGreeter(
  target: string,
  security: ChannelCredentials = credentials.createInsecure(),
  options: object = {},
): Greeter {
  const client = new Client(target, security, { "grpc.use_local_subchannel_pool": 1, ...options });
  return {
    async greet(name) {
      const request = new HelloRequest().setValue(name);
      return (await callUnary(client, HelloService.hello, request, { timeoutMs: 60_000 })).getValue();
    },
    [Symbol.dispose]: () => client.close(),
  };
}
