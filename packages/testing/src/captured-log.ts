/** Line of a log in JSON lines format. */
export interface LogLine {
  /** Level: 20 is debug, 30 info, 40 warning, 50 error. */
  readonly level: number;
  readonly msg: string;
  readonly [key: string]: unknown;
}

/** Destination for pino that keeps all lines. */
export interface CapturedLog {
  readonly lines: readonly LogLine[];
  write(line: string): void;
  /** Resolves with the first past or future line that matches; rejects if there is none within 30 seconds. */
  line(matches: (line: LogLine) => boolean): Promise<LogLine>;
}

/** Creates a destination for pino that keeps all lines. */
export function captureLog(): CapturedLog {
  const lines: LogLine[] = [];
  const listeners = new Set<(line: LogLine) => void>();
  return {
    lines,
    write(text) {
      const line = JSON.parse(text) as LogLine;
      lines.push(line);
      for (const listener of listeners) {
        listener(line);
      }
    },
    line(matches) {
      const found = lines.find(matches);
      if (found !== undefined) {
        return Promise.resolve(found);
      }
      return new Promise((resolve, reject) => {
        const timeout = setTimeout(() => {
          reject(new Error(`no matching line in the log: ${JSON.stringify(lines, undefined, 2)}`));
        }, 30_000);
        const listener = (line: LogLine) => {
          if (matches(line)) {
            clearTimeout(timeout);
            listeners.delete(listener);
            resolve(line);
          }
        };
        listeners.add(listener);
      });
    },
  };
}
