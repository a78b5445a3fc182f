import { inspect } from "node:util";
import type { Logger } from "pino";

/**
 * Ends the process with status 1, and one line in the log, at an error that nothing catches. Errors of handlers are
 * caught, so such a one comes from a timer, an event or a forgotten promise, and the state of the process is unknown.
 */
export function exitOnUncaughtException(logger: Logger): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    logger.fatal({ origin, err: error instanceof Error ? error : inspect(error) }, "crashed");
    logger.flush(() => process.exit(1));
  });
}
