import { Metadata, type StatusObject, status } from "@grpc/grpc-js";

/** Counter of the calls in progress, which rejects those beyond a limit. */
export interface CallLimiter<Call> {
  /** Calls in progress. */
  readonly active: readonly Call[];
  /** Admits a call, which must be {@link release}d when it is done, or returns false at the limit. */
  tryAcquire(call: Call): boolean;
  release(call: Call): void;
  /** Status of a call that was not admitted. */
  readonly rejection: StatusObject;
}

/** Pause that a rejected client is asked to make, in milliseconds: enough for a queue of short calls to empty. */
const retryPushbackMs = 100;

/**
 * Creates a limiter of concurrent calls. A rejected client is told when to try again.
 *
 * @param kind Adjective for the calls in the text of a rejection, like `unary`.
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function createCallLimiter<Call>(maxConcurrentCalls: number, kind: string): CallLimiter<Call> {
  const metadata = new Metadata();
  metadata.set("grpc-retry-pushback-ms", String(retryPushbackMs));
  // An array, because the tables of a Set keep its former members alive: see open-streams.ts.
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
      // The oldest calls come first, and mostly end first.
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
