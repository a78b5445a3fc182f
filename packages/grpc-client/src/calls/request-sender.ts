/** Call that takes requests. */
export interface RequestSink<Request> {
  /**
   * Sends a request, and calls back when the transport or the retry buffer has taken it.
   *
   * @returns False if the request cannot be sent.
   */
  sendRequest(request: Request, onTaken: () => void): boolean;
  /** Tells the server that there are no more requests. */
  endRequests(): void;
  /** Ends the call because the iterable of its requests failed. */
  failRequests(error: unknown): void;
}

/** Sends the requests of an iterable, each when the one before it has been taken. */
export class RequestSender<Request> {
  readonly #iterator: Iterator<Request> | AsyncIterator<Request>;
  readonly #sink: RequestSink<Request>;
  #stopped = false;
  #wake = () => {};

  constructor(requests: Iterable<Request> | AsyncIterable<Request>, sink: RequestSink<Request>) {
    this.#iterator = Symbol.asyncIterator in requests ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
    this.#sink = sink;
  }

  /** Sends the requests until they end or {@link stop} is called. Never rejects. */
  async run(): Promise<void> {
    try {
      while (!this.#stopped) {
        const next = await this.#iterator.next();
        if (this.#stopped) {
          return;
        }
        if (next.done) {
          this.#stopped = true;
          this.#sink.endRequests();
          return;
        }
        await this.#send(next.value);
      }
    } catch (error) {
      // If the call has ended, its result is settled, and a failure of its requests no longer matters.
      if (!this.#stopped) {
        this.#stopped = true;
        this.#sink.failRequests(error);
      }
    }
  }

  /** Stops sending, and returns the iterator unless it has finished. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#wake();
      void this.#return();
    }
  }

  #send(request: Request): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
      // grpc-js takes a request into its retry buffer at once. Without a turn of the event loop, a fast iterable would fill
      // the buffer with requests before the first is written.
      if (!this.#sink.sendRequest(request, () => setImmediate(resolve))) {
        resolve();
      }
    });
  }

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The call has ended for another reason, and its result is settled.
    }
  }
}
