import type { HelloClient } from "@hello/client";

/** Calls that are made one after another by several callers, until it is stopped or disposed of. */
export interface CallLoad extends AsyncDisposable {
  /** How many calls have succeeded so far. */
  readonly succeeded: number;
  /** What the calls that failed so far failed with. */
  readonly failures: readonly unknown[];
  /** How long the slowest call took so far, in milliseconds. */
  readonly slowestMs: number;
  /** Resolves once so many more calls have succeeded. */
  more(calls: number): Promise<void>;
  /** Lets the callers finish. */
  stop(): Promise<void>;
}

/** Starts callers who each make a call when their last one has ended. */
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
    more: (calls) => new Promise((resolve) => waiting.add({ until: succeeded + calls, resolve })),
    stop,
    [Symbol.asyncDispose]: stop,
  };
}
