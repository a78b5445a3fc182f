import { inspect } from "node:util";
import type { Logger } from "pino";

/**
 * Ends the process with status 1, and one line in the log, at an error that nothing has caught: a handler's own errors
 * are, so this is one of a timer, an event or a forgotten promise, after which nothing about the process is certain.
 */
export function crashWhereNothingCatches(logger: Logger): void {
  process.on("uncaughtException", (error: unknown, origin) => {
    logger.fatal({ origin, err: error instanceof Error ? error : inspect(error) }, "crashed");
    process.exit(1);
  });
}
