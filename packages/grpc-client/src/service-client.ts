import { bidiStream } from "./calls/bidi-stream.js";
import type { CallOptions, HealthWatchOptions, StreamOptions } from "./calls/call-options.js";
import { CallScope } from "./calls/call-scope.js";
import { clientStream } from "./calls/client-stream.js";
import { checkHealth, type ServingStatus, watchHealth } from "./calls/health.js";
import type { Method } from "./calls/method.js";
import { serverStream } from "./calls/server-stream.js";
import { unary } from "./calls/unary.js";
import { ClientChannel, getPool } from "./channel/client-channel.js";
import type { ClientOptions } from "./channel/client-options.js";

/**
 * Base class for clients of a gRPC service: extend it with a method for each RPC. Used directly, it checks the health of
 * a server.
 *
 *     class EchoClient extends ServiceClient {
 *       async echo(value: string, options?: CallOptions): Promise<string> {
 *         const response = await this.unary(EchoService.echo, new EchoRequest().setValue(value), options);
 *         return response.getValue();
 *       }
 *     }
 */
export class ServiceClient implements AsyncDisposable {
  readonly #channel: ClientChannel;
  readonly #ownsChannel: boolean;
  readonly #scope: CallScope;

  /**
   * @param target Target in gRPC's name syntax, like `localhost:50051` or `dns:///api.example:443`, or a channel to share
   * with other clients.
   * @throws TypeError that names invalid or conflicting options, or if options are passed with a channel, which has its
   * own.
   */
  constructor(target: string | ClientChannel, options?: ClientOptions) {
    const isShared = target instanceof ClientChannel;
    if (isShared && options !== undefined) {
      throw new TypeError("options cannot be combined with a channel; set them on the channel");
    }
    this.#channel = isShared ? target : new ClientChannel(target, options);
    this.#ownsChannel = !isShared;
    this.#scope = new CallScope(getPool(this.#channel));
  }

  /**
   * Creates a client and connects it.
   *
   * @throws RpcError if no server can be reached, or none answers within `timeoutMs`. With `waitForReady`, only the
   * timeout is an error.
   */
  static async connect<Client extends ServiceClient>(
    this: new (
      target: string | ClientChannel,
      options?: ClientOptions,
    ) => Client,
    target: string | ClientChannel,
    options?: ClientOptions,
  ): Promise<Client> {
    const client = new this(target, options);
    try {
      await client.#channel.connect();
    } catch (error) {
      client.close();
      throw error;
    }
    return client;
  }

  /**
   * Requests the health of a service by its full name. Default: the whole server.
   *
   * @throws RpcError if the call fails: NOT_FOUND if the server does not know the service, UNIMPLEMENTED if it does not
   * report health.
   * @see https://github.com/grpc/grpc/blob/master/doc/health-checking.md
   */
  checkHealth(service = "", options?: CallOptions): Promise<ServingStatus> {
    return checkHealth(this.#scope, service, options);
  }

  /**
   * Yields the current health of a service and then every change, until the loop ends or the client is closed.
   *
   *     for await (const status of client.watchHealth()) {
   *       console.log(status); // SERVING
   *     }
   *
   * @throws RpcError if the call fails, for example because the connection is lost.
   */
  watchHealth(service = "", options?: HealthWatchOptions): AsyncGenerator<ServingStatus, void, undefined> {
    return watchHealth(this.#scope, service, options);
  }

  /**
   * Makes a unary call.
   *
   * @throws RpcError if the call fails; TypeError if the options are invalid.
   */
  protected unary<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options?: CallOptions,
  ): Promise<Response> {
    return unary(this.#scope, method, request, options);
  }

  /**
   * Makes a call with one request and yields the responses as they arrive. The call starts with the first `next()`, and
   * ends when the loop ends or the client is closed.
   *
   * @throws RpcError if the call fails; TypeError if the options are invalid.
   */
  protected serverStream<Request, Response>(
    method: Method<Request, Response>,
    request: Request,
    options?: StreamOptions,
  ): AsyncGenerator<Response, void, undefined> {
    return serverStream(this.#scope, method, request, options);
  }

  /**
   * Makes a call with a stream of requests and one response. Requests are read one at a time, as the previous one is
   * accepted. If the call ends early, `return()` of the iterator is called.
   *
   * @throws RpcError if the call fails, with an error of the iterable as `cause`; TypeError if the options are invalid.
   */
  protected clientStream<Request, Response>(
    method: Method<Request, Response>,
    requests: Iterable<Request> | AsyncIterable<Request>,
    options?: StreamOptions,
  ): Promise<Response> {
    return clientStream(this.#scope, method, requests, options);
  }

  /**
   * Makes a call with a stream of requests, sent like those of {@link clientStream}, and yields the responses like
   * {@link serverStream}.
   *
   * @throws RpcError if the call fails, with an error of the iterable as `cause`; TypeError if the options are invalid.
   */
  protected bidiStream<Request, Response>(
    method: Method<Request, Response>,
    requests: Iterable<Request> | AsyncIterable<Request>,
    options?: StreamOptions,
  ): AsyncGenerator<Response, void, undefined> {
    return bidiStream(this.#scope, method, requests, options);
  }

  /**
   * Closes the client, and its connections unless they belong to a shared channel. Open calls finish, except that
   * response streams end. Calls that still wait for a connection fail with UNAVAILABLE, and later calls with CANCELLED.
   */
  close(): void {
    this.#scope.close();
    if (this.#ownsChannel) {
      this.#channel.close();
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
