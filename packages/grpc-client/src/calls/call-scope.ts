import type { ChannelPool } from "../channel/channel-pool.js";
import { createClosedError } from "../errors/closed-error.js";

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
   * Checks that a call of a method may start.
   *
   * @throws RpcError if the client or its channel is closed.
   */
  checkOpen(method: string): void {
    if (this.closed) {
      throw createClosedError(this.pool.target, method);
    }
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
