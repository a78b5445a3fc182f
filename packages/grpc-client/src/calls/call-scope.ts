import type { ChannelInterface } from "@grpc/grpc-js";
import type { ChannelPool } from "../channel/channel-pool.js";
import { closedError } from "../errors/closed-error.js";

/** Scope of the calls of one client. Other clients may share its channel. */
export class CallScope {
  readonly pool: ChannelPool;
  readonly #streams = new Set<() => void>();
  #closed = false;

  constructor(pool: ChannelPool) {
    this.pool = pool;
  }

  get closed(): boolean {
    return this.#closed || this.pool.closed;
  }

  /**
   * Returns the channel for the next call.
   *
   * @throws RpcError if the client or its channel is closed.
   */
  channelFor(method: string): ChannelInterface {
    if (this.#closed) {
      throw closedError(this.pool.target, method);
    }
    return this.pool.channelFor(method);
  }

  /** Registers a function that ends a stream when the client or its channel is closed. */
  addStream(end: () => void): void {
    this.#streams.add(end);
    this.pool.streams.add(end);
  }

  removeStream(end: () => void): void {
    this.#streams.delete(end);
    this.pool.streams.delete(end);
  }

  /** Ends the client's streams and rejects later calls. */
  close(): void {
    this.#closed = true;
    for (const end of this.#streams) {
      end();
    }
  }
}
