/** A line of a log of JSON lines. */
export interface LogLine {
  /** 20 for debug, 30 for info, 40 for a warning, 50 for an error. */
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** What a logger has written, and will write: a destination for pino. */
export interface CapturedLog {
  readonly lines: readonly LogLine[];
  write(line: string): void;
  /** Resolves with the first line that matches, be it there or yet to come; rejects where none comes in 30 seconds. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Keeps what a logger writes. */
export function captureLog(): CapturedLog {
  const lines: LogLine[] = [];
  const waiting = new Set<(line: LogLine) => void>();
  return {
    lines,
    write(text) {
      const line = JSON.parse(text) as LogLine;
      lines.push(line);
      for (const offer of waiting) {
        offer(line);
      }
    },
    line(matches) {
      const found = lines.find(matches);
      if (found !== undefined) {
        return Promise.resolve(found);
      }
      return new Promise((resolve, reject) => {
        const tooLate = setTimeout(() => {
          reject(new Error(`no such line in the log: ${JSON.stringify(lines, undefined, 2)}`));
        }, 30_000);
        const offer = (line: LogLine) => {
          if (matches(line)) {
            clearTimeout(tooLate);
            waiting.delete(offer);
            resolve(line);
          }
        };
        waiting.add(offer);
      });
    },
  };
}
