/** What can be started and stopped, once. */
export interface Lifecycle<Started> {
  /**
   * Starts. A second call gets what the first got.
   *
   * @throws Error after a shutdown.
   */
  start(): Promise<Started>;
  /**
   * Stops in order, once it has started; at once where it was never started, or could not. A second call skips all
   * waiting.
   */
  shutdown(): Promise<void>;
}

/** The two ends of a {@link Lifecycle}. Each is called at most once, and `stop` only after `start` has succeeded. */
export interface LifecycleEnds<Started> {
  start(): Promise<Started>;
  /** @param hurry Aborts to skip all waiting. */
  stop(hurry: AbortSignal): Promise<void>;
}

/** Makes starting and stopping safe in whatever order, and however often, they are asked for. */
export function createLifecycle<Started>({ start, stop }: LifecycleEnds<Started>): Lifecycle<Started> {
  const hurry = new AbortController();
  let started: Promise<Started> | undefined;
  let stopped: Promise<void> | undefined;

  async function stopStarted(): Promise<void> {
    const running = await started?.then(
      () => true,
      // Who has called start() knows.
      () => false,
    );
    if (running) {
      await stop(hurry.signal);
    }
  }

  return {
    async start() {
      if (stopped !== undefined) {
        throw new Error("the server has been shut down and cannot be started again; make another");
      }
      started ??= start();
      return started;
    },
    shutdown() {
      if (stopped !== undefined) {
        hurry.abort();
      }
      stopped ??= stopStarted();
      return stopped;
    },
  };
}
