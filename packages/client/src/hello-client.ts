import { HelloRequest, HelloService, strictUtf8 } from "@hello/proto";
import { unaryCall, unaryCallWithMetadata } from "./rpc/call.js";
import type { CallOptions } from "./rpc/call-options.js";
import { Caller } from "./rpc/caller.js";
import type { ClientOptions } from "./rpc/client-options.js";
import { checkHealth, type ServingStatus, watchHealth } from "./rpc/health.js";
import type { ReceivedMetadata } from "./rpc/metadata.js";
import type { StreamOptions } from "./rpc/server-stream.js";

/** How a {@link HelloClient} connects and makes its calls. Every option may be left out. */
export interface HelloClientOptions extends ClientOptions {}

/** A greeting, with what the server sent beside it. */
export interface Greeting {
  readonly greeting: string;
  /** What the server sent before the greeting. */
  readonly metadata: ReceivedMetadata;
  /** What the server sent after the greeting. */
  readonly trailers: ReceivedMetadata;
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

  /**
   * @param target What to connect to, in gRPC's name syntax: `localhost:50051`, `dns:///hello.example:443`,
   * `ipv4:10.0.0.1:50051,10.0.0.2:50051`, `unix:/run/hello.sock`.
   * @throws TypeError which names the options that are wrong or contradict each other.
   */
  constructor(target: string, options: HelloClientOptions = {}) {
    this.#caller = new Caller(target, options);
  }

  /**
   * Makes a client that is connected.
   *
   * @throws RpcError where no server can be reached, or none answers within `timeoutMs`; with `waitForReady` the latter
   * alone.
   */
  static async connect(target: string, options: HelloClientOptions = {}): Promise<HelloClient> {
    const client = new HelloClient(target, options);
    try {
      await client.#caller.connect();
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /**
   * Asks for the greeting for a name.
   *
   * @throws RpcError where the call fails.
   */
  async hello(name: string, options?: CallOptions): Promise<string> {
    const response = await unaryCall(this.#caller, hello, new HelloRequest().setValue(name), options);
    return response.getValue();
  }

  /**
   * Asks for the greeting for a name and for what the server sends beside it.
   *
   * @throws RpcError where the call fails.
   */
  async helloWithMetadata(name: string, options?: CallOptions): Promise<Greeting> {
    const request = new HelloRequest().setValue(name);
    const { message, metadata, trailers } = await unaryCallWithMetadata(this.#caller, hello, request, options);
    return { greeting: message.getValue(), metadata, trailers };
  }

  /**
   * Asks whether a service serves, by default the server as a whole.
   *
   * @throws RpcError where the call fails: NOT_FOUND where the server does not know the service, UNIMPLEMENTED where it
   * tells nobody.
   * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
   */
  async check(service = "", options?: CallOptions): Promise<ServingStatus> {
    return checkHealth(this.#caller, service, options);
  }

  /**
   * Tells whether a service serves, now and at every change, until the loop over it ends or the client is closed.
   *
   *     for await (const status of client.watch("Hello")) {
   *       console.log(status); // SERVING
   *     }
   *
   * @throws RpcError where the call fails, as when the connection is lost.
   */
  watch(service = "", options: StreamOptions = {}): AsyncGenerator<ServingStatus, void, undefined> {
    return watchHealth(this.#caller, service, options);
  }

  /**
   * Closes the connections. Calls on their way finish; those that have no connection yet, and later ones, fail with
   * CANCELLED or UNAVAILABLE. Watches end.
   */
  close(): void {
    this.#caller.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
