import { EchoRequest } from "@hello/testing/echo";
import { deferred } from "./deferred.js";

/** Creates requests with these values. */
export function requestsOf(...values: string[]): EchoRequest[] {
  return values.map((value) => new EchoRequest().setValue(value));
}

/** Endless iterable of requests. */
export interface RequestSource extends AsyncIterable<EchoRequest> {
  /** Number of requests that have been read. */
  readonly count: number;
  /** Resolves when the iterator's `return()` is called. */
  readonly returned: Promise<void>;
}

/**
 * Creates a {@link RequestSource}.
 *
 * @param limit Number of requests after which `next()` never resolves.
 */
export function requestSource({ payloadBytes = 0, limit = Number.POSITIVE_INFINITY } = {}): RequestSource {
  const returned = deferred();
  const request = new EchoRequest().setValue("a").setPayload(new Uint8Array(payloadBytes));
  let count = 0;
  return {
    get count() {
      return count;
    },
    returned: returned.promise,
    [Symbol.asyncIterator]: () => ({
      async next() {
        if (count >= limit) {
          return new Promise(() => {});
        }
        count += 1;
        return { done: false, value: request };
      },
      async return() {
        returned.resolve();
        return { done: true, value: undefined };
      },
    }),
  };
}
