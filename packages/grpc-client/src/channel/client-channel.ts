import { ChannelPool } from "./channel-pool.js";
import type { ClientOptions } from "./client-options.js";

/** Returns the pool of a channel, which is not part of the public API. */
export let getPool: (channel: ClientChannel) => ChannelPool;

/**
 * Connection to a target, to share between several clients. Connects on the first call and reconnects when necessary.
 *
 *     const channel = new ClientChannel("localhost:50051");
 *     const users = new UserClient(channel);
 *     const orders = new OrderClient(channel);
 */
export class ClientChannel implements AsyncDisposable {
  readonly #pool: ChannelPool;

  static {
    getPool = (channel) => channel.#pool;
  }

  /**
   * @param target Target in gRPC's name syntax: `localhost:50051`, `dns:///api.example:443`,
   * `ipv4:10.0.0.1:50051,10.0.0.2:50051`, `unix:/run/api.sock`.
   * @throws TypeError that names invalid or conflicting options.
   */
  constructor(target: string, options: ClientOptions = {}) {
    this.#pool = new ChannelPool(target, options);
  }

  /** Target as passed to the constructor. */
  get target(): string {
    return this.#pool.target;
  }

  /**
   * Resolves once connected.
   *
   * @throws RpcError if no server can be reached, or none answers within `timeoutMs`. With `waitForReady`, only the
   * timeout is an error.
   */
  connect(): Promise<void> {
    return this.#pool.connect();
  }

  /**
   * Closes the connections. Open calls finish, except that response streams end. Calls that still wait for a connection
   * fail with UNAVAILABLE, and later calls with CANCELLED.
   */
  close(): void {
    this.#pool.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }
}
