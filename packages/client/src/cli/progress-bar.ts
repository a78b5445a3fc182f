import type { WriteStream } from "node:tty";

/** How far a long run is, on the last line of a terminal. */
export interface ProgressBar {
  /** Takes it off the terminal while something else is printed there. */
  above(print: () => void): void;
  /** One more is done; `end` is how far that is into the whole, where that is known. */
  advance(end: number | undefined): void;
  /** Takes it off for good. */
  stop(): void;
}

/** What a {@link ProgressBar} shows. */
export interface ProgressBarOptions {
  /** What is counted, like `names`. */
  readonly unit: string;
  /** How much the whole is, where that is known; then it also shows how much of it is done, and the time left. */
  readonly total?: number | undefined;
}

const intervalMs = 100;
const barWidth = 24;
/** For a terminal that does not tell. */
const defaultColumns = 80;
const clearLine = "\r\u001b[K";

/**
 * Shows a progress bar, ten times a second from a tenth of a second on: a short run shows none. An interrupt takes it
 * off the terminal and then ends the program as it would have.
 */
export function showProgress(terminal: WriteStream, { unit, total }: ProgressBarOptions): ProgressBar {
  const started = performance.now();
  let count = 0;
  let position = 0;
  let isDrawn = false;
  const draw = () => {
    const text = progressText({ count, unit, position, total, elapsedMs: performance.now() - started });
    // A line as long as the terminal is wide would wrap, and could not be cleared.
    terminal.write(clearLine + text.slice(0, (terminal.columns || defaultColumns) - 1));
    isDrawn = true;
  };
  const timer = setInterval(draw, intervalMs).unref();
  const stop = () => {
    clearInterval(timer);
    if (isDrawn) {
      terminal.write(clearLine);
      isDrawn = false;
    }
    process.off("SIGINT", interrupt).off("SIGTERM", interrupt);
  };
  const interrupt = (signal: NodeJS.Signals) => {
    stop();
    process.kill(process.pid, signal);
  };
  process.on("SIGINT", interrupt).on("SIGTERM", interrupt);
  return {
    above(print) {
      if (!isDrawn) {
        print();
        return;
      }
      terminal.write(clearLine);
      print();
      draw();
    },
    advance(end) {
      count += 1;
      position = end ?? position;
    },
    stop,
  };
}

/** What a progress bar says. */
export function progressText({
  count,
  unit,
  position,
  total,
  elapsedMs,
}: {
  readonly count: number;
  readonly unit: string;
  readonly position: number;
  readonly total: number | undefined;
  readonly elapsedMs: number;
}): string {
  const perSecond = Math.round((count * 1000) / elapsedMs);
  const counts = `${count.toLocaleString("en")} ${unit}, ${perSecond.toLocaleString("en")}/s`;
  if (!total || position > total) {
    return counts;
  }
  const done = position / total;
  const filled = Math.round(done * barWidth);
  const bar = `[${"=".repeat(filled)}${" ".repeat(barWidth - filled)}]`;
  const left = position > 0 ? `, ${duration((elapsedMs * (1 - done)) / done)} left` : "";
  return `${bar} ${Math.floor(done * 100)}%  ${counts}${left}`;
}

function duration(ms: number): string {
  const seconds = Math.ceil(ms / 1000);
  const parts = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60, seconds % 60];
  return parts
    .slice(parts[0] === 0 ? 1 : 0)
    .map((part, index) => (index === 0 ? String(part) : String(part).padStart(2, "0")))
    .join(":");
}
