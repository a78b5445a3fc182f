/** Timer that limits the time between two messages of a call. */
export class IdleTimer {
  readonly #ms: number;
  readonly #onIdle: () => void;
  #timer: NodeJS.Timeout | undefined;

  constructor(idleTimeoutMs: number, onIdle: () => void) {
    this.#ms = idleTimeoutMs;
    this.#onIdle = onIdle;
  }

  start(): void {
    if (this.#ms !== Number.POSITIVE_INFINITY) {
      this.#timer = setTimeout(this.#onIdle, Math.max(this.#ms, 0));
    }
  }

  /** Restarts the timer if it is running. */
  refresh(): void {
    this.#timer?.refresh();
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }
}
