/** Component that starts once and shuts down once, like a server. */
export interface Lifecycle<Started> {
  /**
   * Starts the component. A second call returns the result of the first.
   *
   * @throws Error after a shutdown.
   */
  start(): Promise<Started>;
  /**
   * Shuts down in order. Resolves at once if the component was never started or failed to start. A second call skips
   * all waiting.
   */
  shutdown(): Promise<void>;
}

/** Steps of a {@link Lifecycle}. Each runs at most once, and `stop` runs only after `start` has succeeded. */
export interface LifecycleSteps<Started> {
  start(): Promise<Started>;
  /** @param forceSignal Signal that aborts to skip all waiting. */
  stop(forceSignal: AbortSignal): Promise<void>;
}

/** Creates a lifecycle that may be started and shut down in any order and any number of times. */
export function createLifecycle<Started>({ start, stop }: LifecycleSteps<Started>): Lifecycle<Started> {
  const force = new AbortController();
  let started: Promise<Started> | undefined;
  let stopped: Promise<void> | undefined;

  async function stopStarted(): Promise<void> {
    const running = await started?.then(
      () => true,
      // start() reports the error to its caller.
      () => false,
    );
    if (running) {
      await stop(force.signal);
    }
  }

  return {
    async start() {
      if (stopped !== undefined) {
        throw new Error("the server has been shut down and cannot start again; create a new one");
      }
      started ??= start();
      return started;
    },
    shutdown() {
      if (stopped !== undefined) {
        force.abort();
      }
      stopped ??= stopStarted();
      return stopped;
    },
  };
}
