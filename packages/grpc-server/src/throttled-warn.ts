import type { Logger } from "pino";

/** Function that logs an event that any client can cause. */
export type ThrottledWarn = (kind: string, fields: object, message: string) => void;

/**
 * Creates a function that logs the first event of each kind as a warning, and those within the next `intervalMs`
 * milliseconds at debug level, so that clients cannot flood the log. The next warning contains the number of suppressed
 * events. Use few kinds, because all of them are stored.
 */
export function createThrottledWarn(logger: Logger, intervalMs = 10_000): ThrottledWarn {
  const kinds = new Map<string, { warnedAt: number; suppressed: number }>();
  return (kind, fields, message) => {
    const last = kinds.get(kind);
    const now = performance.now();
    if (last !== undefined && now - last.warnedAt < intervalMs) {
      last.suppressed++;
      logger.debug(fields, message);
      return;
    }
    kinds.set(kind, { warnedAt: now, suppressed: 0 });
    logger.warn(last?.suppressed ? { ...fields, suppressed: last.suppressed } : fields, message);
  };
}
