import { EchoRequest } from "@hello/testing/echo";
import { deferred } from "./deferred.js";

/** Creates requests with these values. */
export function requestsOf(...values: string[]): EchoRequest[] {
  return values.map((value) => new EchoRequest().setValue(value));
}

/** Endless iterable of requests that counts them, and tells when it is returned. */
export interface RequestSource extends AsyncIterable<EchoRequest> {
  /** Number of requests that were asked for. */
  readonly count: number;
  readonly returned: Promise<void>;
}

/**
 * Creates a {@link RequestSource}.
 *
 * @param limit Number of requests after which the next one never comes.
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
