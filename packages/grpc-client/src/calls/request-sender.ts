import { status } from "@grpc/grpc-js";
import { formatValue, reasonOf } from "@hello/grpc-common";
import { encode, type Method } from "./method.js";

/** Call that takes encoded requests. */
export interface RequestSink {
  /** Sends a request, and calls back when the transport or the retry buffer has taken it. */
  sendRequest(message: Buffer, context: { readonly callback: () => void }): void;
  /** Calls back with the index of each request that has been written. Returns false if that cannot be known. */
  onRequestWritten(listener: (index: number) => void): boolean;
  /** Tells the server that there are no more requests. */
  endRequests(): void;
  /** Ends the call with a status. */
  cancel(code: status, details: string, cause: unknown): void;
}

/** Most requests that wait in grpc-js to be written. It writes one in a turn of the event loop, and keeps 1 MiB for retries. */
const maxUnwritten = 64;

/**
 * Encodes and sends the requests of an iterable, each when the one before it has been taken and few wait to be written. It
 * runs on callbacks: an async function would cost a sixth of the time that a small request takes.
 */
export class RequestSender<Request> {
  readonly #iterator: Iterator<Request> | AsyncIterator<Request>;
  readonly #method: Method<Request, unknown>;
  readonly #sink: RequestSink;
  readonly #context = { callback: () => this.#onTaken() };
  #sent = 0;
  #written = 0;
  /** True if the next request waits for one to be written. */
  #paused = false;
  #watchesWrites = false;
  #stopped = false;

  /** @throws TypeError if the requests are not iterable. */
  constructor(
    requests: Iterable<Request> | AsyncIterable<Request>,
    method: Method<Request, unknown>,
    sink: RequestSink,
  ) {
    // The characters of a string are no requests.
    if (typeof requests !== "object" || requests === null || !(isAsync(requests) || Symbol.iterator in requests)) {
      throw new TypeError(`the requests of ${method.path} must be an iterable, not ${formatValue(requests)}`);
    }
    this.#iterator = isAsync(requests) ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
    this.#method = method;
    this.#sink = sink;
  }

  /** Sends the next request, then the others, until they end or {@link stop} is called. */
  sendNext(): void {
    if (this.#stopped) {
      return;
    }
    try {
      const next = this.#iterator.next();
      if ("then" in next) {
        next.then(this.#send, this.#fail);
      } else {
        this.#send(next);
      }
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Stops sending, and returns the iterator unless it has finished. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      void this.#return();
    }
  }

  readonly #send = (next: IteratorResult<Request>): void => {
    // A call that has ended has settled its result, and its requests no longer matter.
    if (this.#stopped) {
      return;
    }
    try {
      if (next.done) {
        this.#stopped = true;
        this.#sink.endRequests();
        return;
      }
      const message = this.#encode(next.value);
      if (message !== undefined) {
        this.#sent += 1;
        this.#sink.sendRequest(message, this.#context);
      }
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Continues after the transport or the retry buffer has taken a request. */
  #onTaken(): void {
    if (this.#sent === 1) {
      this.#watchesWrites = this.#sink.onRequestWritten((index) => this.#onWritten(index));
    }
    if (!this.#watchesWrites) {
      // grpc-js writes one request in a turn of the event loop.
      setImmediate(() => this.sendNext());
    } else if (this.#sent - this.#written < maxUnwritten) {
      this.sendNext();
    } else {
      this.#paused = true;
    }
  }

  #onWritten(index: number): void {
    this.#written = Math.max(this.#written, index + 1);
    // Several requests at once cost less time than one after each write.
    if (this.#paused && this.#sent - this.#written <= maxUnwritten / 2) {
      this.#paused = false;
      this.sendNext();
    }
  }

  #encode(request: Request): Buffer | undefined {
    try {
      return encode(this.#method, request);
    } catch (error) {
      this.#sink.cancel(status.INTERNAL, `a request cannot be encoded: ${reasonOf(error)}`, error);
      return undefined;
    }
  }

  readonly #fail = (error: unknown): void => {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#sink.cancel(status.CANCELLED, `the requests failed: ${reasonOf(error)}`, error);
    }
  };

  async #return(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The call has ended for another reason, and its result is settled.
    }
  }
}

function isAsync<Value>(values: Iterable<Value> | AsyncIterable<Value>): values is AsyncIterable<Value> {
  return Symbol.asyncIterator in values;
}
