import { Client, credentials, status } from "@grpc/grpc-js";
import { HelloRequest, HelloService, strictUtf8 } from "@hello/proto";
import { type Caller, type CallOptions, unaryCall } from "./rpc/call.js";
import { RpcError } from "./rpc/rpc-error.js";

/** How a {@link HelloClient} makes its calls. */
export interface HelloClientOptions {
  /** How long a call may take, in milliseconds, unless the call says otherwise. Default 5,000. */
  readonly timeoutMs?: number;
}

const { hello } = strictUtf8(HelloService);

/**
 * A client of the Hello service. It connects with the first call, and again whenever it must.
 *
 *     await using client = new HelloClient("localhost:50051");
 *     console.log(await client.hello("World")); // Hello World
 */
export class HelloClient implements AsyncDisposable {
  readonly #caller: Caller;
  #closed = false;

  /** @param target What to connect to, in gRPC's name syntax, like `localhost:50051` or `dns:///hello.example:443`. */
  constructor(target: string, { timeoutMs = 5_000 }: HelloClientOptions = {}) {
    this.#caller = { target, timeoutMs, stub: new Client(target, credentials.createInsecure()) };
  }

  /**
   * Asks for the greeting for a name.
   *
   * @throws RpcError where the call fails.
   */
  async hello(name: string, options: CallOptions = {}): Promise<string> {
    if (this.#closed) {
      const { target } = this.#caller;
      throw new RpcError({ code: status.CANCELLED, details: "the client is closed", target, method: hello.path });
    }
    const response = await unaryCall(this.#caller, hello, new HelloRequest().setValue(name), options);
    return response.getValue();
  }

  /** Closes the connections. A later call fails at once. */
  close(): void {
    this.#closed = true;
    this.#caller.stub.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
