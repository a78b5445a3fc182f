import type { WriteStream } from "node:tty";

/** Count and rate of finished items, on one line of a terminal. */
export interface Progress {
  /** Counts one more. */
  advance(): void;
  /** Prints lines above the progress. */
  above(print: () => void): void;
  /** Removes the progress. */
  stop(): void;
}

const intervalMs = 100;
const clearLine = "\r\u001b[K";

/**
 * Shows progress ten times a second. Returns undefined if the stream is no terminal, or its terminal cannot clear a line.
 * A signal removes the progress and then ends the program.
 */
export function showProgress(terminal: WriteStream, unit: string): Progress | undefined {
  if (!terminal.isTTY || process.env["TERM"] === "dumb") {
    return undefined;
  }
  const started = performance.now();
  let count = 0;
  let isDrawn = false;
  const draw = () => {
    const perSecond = Math.round((count * 1_000) / (performance.now() - started));
    const text = `${count.toLocaleString("en")} ${unit}, ${perSecond.toLocaleString("en")}/s`;
    // A line as long as the terminal is wide would wrap, and could not be cleared.
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
    above(print) {
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
