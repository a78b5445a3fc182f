import { type ChannelCredentials, Client, credentials } from "@grpc/grpc-js";
import { HelloRequest, HelloService } from "@hello/proto";

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
  const { path, requestSerialize, responseDeserialize } = HelloService.hello;
  return {
    greet: (name) =>
      new Promise((resolve, reject) =>
        client.makeUnaryRequest(
          path,
          requestSerialize,
          responseDeserialize,
          new HelloRequest().setValue(name),
          { deadline: Date.now() + 60_000 },
          (error, response) => (error ? reject(error) : resolve(response?.getValue() ?? "")),
        ),
      ),
    [Symbol.dispose]: () => client.close(),
  };
}
