import { type ChannelCredentials, Client, credentials } from "@grpc/grpc-js";
import { HelloRequest, HelloService } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";

/** A client as grpc-js has it, that hides nothing: no retries, and a connection of its own. */
export interface Greeter extends Disposable {
  greet(name: string): Promise<string>;
}

/** Makes a {@link Greeter} for a target. */
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
