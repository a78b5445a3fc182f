interface PendingRead<Request> {
  resolve(result: IteratorResult<Request, undefined>): void;
  reject(error: unknown): void;
}

/**
 * Requests of a call, each read from the client only when the handler needs it. If the handler stops reading, the rest
 * stays unread, and flow control stops the client until the call is answered.
 */
export class RequestStream<Request> implements AsyncIterableIterator<Request, undefined> {
  readonly #startRead: () => void;
  #pending: PendingRead<Request>[] = [];
  #ended = false;
  #error: unknown;

  /** @param startRead Starts reading the next message, which must lead to {@link push} or {@link end}. */
  constructor(startRead: () => void) {
    this.#startRead = startRead;
  }

  /** Delivers a request. */
  push(request: Request): void {
    this.#pending.shift()?.resolve({ done: false, value: request });
    if (this.#pending.length > 0) {
      this.#startRead();
    }
  }

  /** Ends the stream. If an error is passed, the next read rejects with it. */
  end(error?: unknown): void {
    if (this.#ended) {
      return;
    }
    this.#ended = true;
    this.#error = error;
    const pending = this.#pending;
    this.#pending = [];
    for (const read of pending) {
      this.next().then(read.resolve, read.reject);
    }
  }

  next(): Promise<IteratorResult<Request, undefined>> {
    if (!this.#ended) {
      return new Promise((resolve, reject) => {
        this.#pending.push({ resolve, reject });
        if (this.#pending.length === 1) {
          this.#startRead();
        }
      });
    }
    const error = this.#error;
    this.#error = undefined;
    return error === undefined ? Promise.resolve({ done: true, value: undefined }) : Promise.reject(error);
  }

  async return(): Promise<IteratorResult<Request, undefined>> {
    this.end();
    return { done: true, value: undefined };
  }

  [Symbol.asyncIterator](): this {
    return this;
  }
}
