import { Metadata, type StatusObject, status } from "@grpc/grpc-js";

/** Sends the status of one call to its client. */
export type SendStatus = (status: Partial<StatusObject>) => void;

/** Counter of the calls in progress, which rejects those beyond a limit. */
export interface CallLimiter {
  /** Number of calls in progress. */
  readonly active: number;
  /** Admits a call, which must be {@link release}d when it is done, or returns false at the limit. */
  tryAcquire(call: SendStatus): boolean;
  release(call: SendStatus): void;
  /** Ends all calls in progress with a status. Later answers of their handlers are dropped. */
  failAll(status: Partial<StatusObject>): void;
  /** Status of a call that was not admitted. */
  readonly rejection: StatusObject;
}

/** Pause that a rejected client is asked to make, in milliseconds: enough for a queue of short calls to empty. */
const retryPushbackMs = 100;

/**
 * Creates a limiter of concurrent calls. A rejected client is told when to try again.
 *
 * @see https://github.com/grpc/proposal/blob/master/A6-client-retries.md#pushback
 */
export function createCallLimiter(maxConcurrentCalls: number): CallLimiter {
  const metadata = new Metadata();
  metadata.set("grpc-retry-pushback-ms", String(retryPushbackMs));
  // An array, because the tables of a Set keep its former members alive: see open-streams.ts.
  const active: SendStatus[] = [];
  return {
    get active() {
      return active.length;
    },
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
    failAll(status) {
      for (const sendStatus of [...active]) {
        sendStatus(status);
      }
    },
    rejection: {
      code: status.RESOURCE_EXHAUSTED,
      details: `the server is at its limit of ${maxConcurrentCalls} concurrent calls`,
      metadata,
    },
  };
}
