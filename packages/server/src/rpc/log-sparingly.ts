import type { Logger } from "pino";

/** Logs an event of a kind that strangers can cause as often as they like. */
export type SparingLog = (kind: string, fields: object, message: string) => void;

/**
 * Logs the first event of each kind as a warning, and those that follow within `intervalMs` at debug; the next warning
 * says how many they were. So nobody can flood the log from outside. Kinds must be few: each is remembered.
 */
export function logSparingly(logger: Logger, intervalMs = 10_000): SparingLog {
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
