import { status } from "@grpc/grpc-js";
import { formatValue, reasonOf } from "@hello/grpc-common";
import { type Method, serializeRequest } from "./method.js";

/** Call to which a {@link RequestSender} passes serialized requests. */
export interface RequestSink {
  /** Sends a request and calls back when the transport or the retry buffer has accepted it. */
  sendRequest(message: Buffer, context: { readonly callback: () => void }): void;
  /** Calls back with the index of each written request. Returns false if grpc-js does not report written requests. */
  onRequestWritten(listener: (index: number) => void): boolean;
  /** Half-closes the call after the last request. */
  endRequests(): void;
  /** Ends the call with a status. */
  cancel(code: status, details: string, cause: unknown): void;
}

/**
 * Maximum number of requests that wait in grpc-js to be written. grpc-js writes one in each turn of the event loop, and
 * buffers 1 MiB for retries.
 */
const maxUnwrittenRequests = 64;

/**
 * Serializes and sends the requests of an iterable. Reads the next request when the previous one has been accepted and
 * few are waiting to be written. Uses callbacks because an async function would take a sixth of the time of a small
 * request.
 */
export class RequestSender<Request> {
  readonly #iterator: Iterator<Request> | AsyncIterator<Request>;
  readonly #method: Method<Request, unknown>;
  readonly #sink: RequestSink;
  readonly #context = { callback: () => this.#onAccepted() };
  #sent = 0;
  #written = 0;
  /** True while the next request waits for earlier ones to be written. */
  #paused = false;
  /** True if grpc-js reports written requests. */
  #tracksWrites = false;
  #stopped = false;

  /** @throws TypeError if the requests are not iterable. */
  constructor(
    requests: Iterable<Request> | AsyncIterable<Request>,
    method: Method<Request, unknown>,
    sink: RequestSink,
  ) {
    // A string is iterable, but its characters are not requests.
    if (typeof requests !== "object" || requests === null || !(isAsync(requests) || Symbol.iterator in requests)) {
      throw new TypeError(`the requests of ${method.path} must be an iterable, not ${formatValue(requests)}`);
    }
    this.#iterator = isAsync(requests) ? requests[Symbol.asyncIterator]() : requests[Symbol.iterator]();
    this.#method = method;
    this.#sink = sink;
  }

  /** Sends the next request and those after it, until they end or {@link stop} is called. */
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

  /** Stops sending and calls the iterator's `return()`, unless the iterator has finished. */
  stop(): void {
    if (!this.#stopped) {
      this.#stopped = true;
      void this.#returnIterator();
    }
  }

  readonly #send = (next: IteratorResult<Request>): void => {
    // The call has ended, so the request is dropped.
    if (this.#stopped) {
      return;
    }
    try {
      if (next.done) {
        this.#stopped = true;
        this.#sink.endRequests();
        return;
      }
      const message = this.#serialize(next.value);
      if (message !== undefined) {
        this.#sent += 1;
        this.#sink.sendRequest(message, this.#context);
      }
    } catch (error) {
      this.#fail(error);
    }
  };

  /** Continues after the transport or the retry buffer has accepted a request. */
  #onAccepted(): void {
    if (this.#sent === 1) {
      this.#tracksWrites = this.#sink.onRequestWritten((index) => this.#onWritten(index));
    }
    if (!this.#tracksWrites) {
      // grpc-js writes one request in each turn of the event loop.
      setImmediate(() => this.sendNext());
    } else if (this.#sent - this.#written < maxUnwrittenRequests) {
      this.sendNext();
    } else {
      this.#paused = true;
    }
  }

  #onWritten(index: number): void {
    this.#written = Math.max(this.#written, index + 1);
    // Sending several requests at once is faster than sending one after each write.
    if (this.#paused && this.#sent - this.#written <= maxUnwrittenRequests / 2) {
      this.#paused = false;
      this.sendNext();
    }
  }

  #serialize(request: Request): Buffer | undefined {
    try {
      return serializeRequest(this.#method, request);
    } catch (error) {
      this.#sink.cancel(status.INTERNAL, `failed to serialize a request: ${reasonOf(error)}`, error);
      return undefined;
    }
  }

  readonly #fail = (error: unknown): void => {
    if (!this.#stopped) {
      this.#stopped = true;
      this.#sink.cancel(status.CANCELLED, `the request stream failed: ${reasonOf(error)}`, error);
    }
  };

  async #returnIterator(): Promise<void> {
    try {
      await this.#iterator.return?.();
    } catch {
      // The call has already ended for another reason.
    }
  }
}

function isAsync<Value>(values: Iterable<Value> | AsyncIterable<Value>): values is AsyncIterable<Value> {
  return Symbol.asyncIterator in values;
}
