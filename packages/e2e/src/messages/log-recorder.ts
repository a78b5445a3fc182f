import { type CapturedLog, captureLog, type LogLine } from "@hello/testing/captured-log";
import { type Logger, pino } from "pino";
import type { Example } from "./catalogue.js";

/** Log whose lines become examples. */
export interface LogRecorder {
  readonly logger: Logger;
  readonly lines: readonly LogLine[];
  /** Resolves with the next line that has this message, and has not become an example yet. */
  next(cause: string, message: string): Promise<Example>;
}

/** Creates a recorder, or one of a log that a process writes. */
export function recordLog(log: CapturedLog = captureLog()): LogRecorder {
  const used = new Set<LogLine>();
  return {
    logger: pino({ level: "debug" }, log),
    lines: log.lines,
    async next(cause, message) {
      const line = await log
        .line((line) => line.msg === message && !used.has(line))
        .catch(() => Promise.reject(new Error(`${cause}: no line "${message}"`)));
      used.add(line);
      return toExample(cause, line);
    },
  };
}

/** Formats a line of a log: its message, followed by its reason or error. */
export function toExample(cause: string, line: LogLine): Example {
  const { level, msg, reason, err } = line as LogLine & { reason?: string; err?: string | { message: string } };
  const more = reason ?? (typeof err === "object" ? err.message : err);
  const parts = [msg, ...(more === undefined || more === "" ? [] : [more])];
  return { cause, level: pino.levels.labels[level] ?? level, message: parts.join(": ") };
}
