import { Metadata, type StatusObject, status } from "@grpc/grpc-js";

/** Limiter of the calls in progress. */
export interface CallLimiter<Call> {
  /** Calls in progress. */
  readonly active: readonly Call[];
  /** Admits a call, or returns false at the limit. An admitted call must be {@link release}d when it is done. */
  tryAcquire(call: Call): boolean;
  release(call: Call): void;
  /** Status of a call that was not admitted. */
  readonly rejection: StatusObject;
}

/** Delay before a rejected client retries, in milliseconds: long enough to work off a queue of short calls. */
const retryPushbackMs = 100;

/**
 * Creates a limiter of concurrent calls. Its rejection asks the client to retry after a delay.
 *
 * @param kind Kind of call to name in the rejection, like `unary`.
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function createCallLimiter<Call>(maxConcurrentCalls: number, kind: string): CallLimiter<Call> {
  const metadata = new Metadata();
  metadata.set("grpc-retry-pushback-ms", String(retryPushbackMs));
  // An array, because the tables of a Set can keep deleted members alive: see open-streams.ts.
  const active: Call[] = [];
  return {
    active,
    tryAcquire(call) {
      if (active.length >= maxConcurrentCalls) {
        return false;
      }
      active.push(call);
      return true;
    },
    release(call) {
      // The search is usually short: the oldest calls are near the front, and most of them end first.
      const index = active.indexOf(call);
      const last = active.pop();
      if (last !== undefined && index < active.length) {
        active[index] = last;
      }
    },
    rejection: {
      code: status.RESOURCE_EXHAUSTED,
      details: `the server is at its limit of ${maxConcurrentCalls} concurrent ${kind} calls`,
      metadata,
    },
  };
}
