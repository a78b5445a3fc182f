import type { HelloClient } from "@hello/client";

/** Several callers, each of which makes one call after another until the load is stopped or disposed. */
export interface CallLoad extends AsyncDisposable {
  /** Number of calls that have succeeded so far. */
  readonly succeeded: number;
  /** Errors of the calls that have failed so far. */
  readonly failures: readonly unknown[];
  /** Duration of the slowest call so far, in milliseconds. */
  readonly slowestMs: number;
  /** Resolves once this many more calls have succeeded. */
  waitForCalls(count: number): Promise<void>;
  /** Stops the callers, and resolves when their last calls have ended. */
  stop(): Promise<void>;
}

/** Starts callers that each make their next call when the previous one has ended. */
export function startLoad(client: HelloClient, { callers = 64 } = {}): CallLoad {
  let stopped = false;
  let succeeded = 0;
  let slowestMs = 0;
  const failures: unknown[] = [];
  const waiting = new Set<{ readonly until: number; readonly resolve: () => void }>();
  const call = async () => {
    const start = performance.now();
    try {
      await client.hello("World");
      succeeded += 1;
    } catch (error) {
      failures.push(error);
    }
    slowestMs = Math.max(slowestMs, performance.now() - start);
    for (const waiter of waiting) {
      if (succeeded >= waiter.until) {
        waiting.delete(waiter);
        waiter.resolve();
      }
    }
  };
  const caller = async () => {
    while (!stopped) {
      await call();
    }
  };
  const all = Promise.all(Array.from({ length: callers }, caller));
  const stop = async () => {
    stopped = true;
    await all;
  };
  return {
    get succeeded() {
      return succeeded;
    },
    failures,
    get slowestMs() {
      return slowestMs;
    },
    waitForCalls: (count) => new Promise((resolve) => waiting.add({ until: succeeded + count, resolve })),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
