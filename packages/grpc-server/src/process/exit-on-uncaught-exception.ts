import { inspect } from "node:util";
import type { Logger } from "pino";

/**
 * Logs an uncaught error, and exits with status 1. Errors of handlers are caught elsewhere. An uncaught error comes
 * from a timer, an event or a forgotten promise, and leaves the process in an unknown state.
 */
export function exitOnUncaughtException(logger: Logger): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    logger.fatal({ origin, err: error instanceof Error ? error : inspect(error) }, "crashed");
    logger.flush(() => process.exit(1));
  });
}
