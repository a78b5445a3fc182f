/**
 * Interceptors: code that runs around every call. The client numbers its calls, and the server logs them.
 *
 * Run with `pnpm --filter examples start interceptors`.
 */
import { ServerInterceptingCall, type ServerInterceptor, status } from "@grpc/grpc-js";
import { HelloClient } from "@hello/client";
import type { CallOptions, Method } from "@hello/grpc-client";
import { bindService, createServer, type Servicer } from "@hello/grpc-server";
import { HelloResponse, HelloService } from "@hello/proto";

// The server takes interceptors of grpc-js, which see every event of a call.
const logCalls: ServerInterceptor = ({ path }, call) => {
  let id: unknown;
  return new ServerInterceptingCall(call, {
    start: (next) =>
      next({
        onReceiveMetadata(metadata, next) {
          [id] = metadata.get("x-request-id");
          next(metadata);
        },
      }),
    sendStatus(result, next) {
      console.log(`server: ${path} ${id} ends with ${status[result.code]}`);
      next(result);
    },
  });
};

// A client overrides the methods for the four kinds of RPC, which see every call.
class NumberedClient extends HelloClient {
  #calls = 0;

  protected override unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options?: CallOptions,
  ): Promise<Response> {
    const id = `call-${++this.#calls}`;
    console.log(`client: ${method.path} ${id}`);
    return super.unary(method, request, { ...options, metadata: { ...options?.metadata, "x-request-id": id } });
  }
}

const servicer: Servicer<typeof HelloService> = {
  hello: (request) => new HelloResponse().setValue(`Hello ${request.getValue()}`),
};

await using server = createServer({
  addresses: ["127.0.0.1:0"],
  interceptors: [logCalls],
  services: [bindService(HelloService, servicer)],
});
const [address = ""] = await server.start();
await using client = new NumberedClient(address);
console.log(await client.hello("Ada"));
console.log(await client.hello("Grace"));
