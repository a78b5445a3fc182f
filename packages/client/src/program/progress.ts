import type { WriteStream } from "node:tty";

/** Terminal line with the number and rate of finished items. */
export interface Progress {
  /** Counts one finished item. */
  advance(): void;
  /** Prints lines above the progress line. */
  printAbove(print: () => void): void;
  /** Removes the progress line. */
  stop(): void;
}

const intervalMs = 100;
const clearLine = "\r\u001b[K";

/**
 * Shows a progress line, updated ten times a second. SIGINT and SIGTERM remove it before they end the program. Returns
 * undefined if the stream is not a terminal, or the terminal cannot clear a line.
 */
export function showProgress(terminal: WriteStream, unit: string): Progress | undefined {
  if (!terminal.isTTY || process.env["TERM"] === "dumb") {
    return undefined;
  }
  const startedAt = performance.now();
  let count = 0;
  let isDrawn = false;
  const draw = () => {
    const perSecond = Math.round((count * 1_000) / (performance.now() - startedAt));
    const text = `${count.toLocaleString("en")} ${unit}, ${perSecond.toLocaleString("en")}/s`;
    // A line as wide as the terminal would wrap, and `clearLine` would clear only its last part.
    terminal.write(clearLine + text.slice(0, (terminal.columns || 80) - 1));
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
    advance() {
      count += 1;
    },
    printAbove(print) {
      if (!isDrawn) {
        print();
        return;
      }
      terminal.write(clearLine);
      print();
      draw();
    },
    stop,
  };
}
