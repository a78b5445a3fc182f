import { type Logger, pino } from "pino";

/** The levels of the log, from quiet to loud. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

/** A logger that writes to standard output: JSON lines, or readable ones on a terminal. */
export async function createLogger(level: LogLevel): Promise<Logger> {
  if (!process.stdout.isTTY) {
    return pino({ level, base: { pid: process.pid } });
  }
  const { default: pretty } = await import("pino-pretty");
  return pino({ level }, pretty({ ignore: "pid,hostname", translateTime: "HH:MM:ss.l", sync: true }));
}
