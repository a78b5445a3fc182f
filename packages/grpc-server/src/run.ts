// Import first: a signal may arrive while the rest loads.
import "./process/stop-signals.js";
import type { RequiredAuthorize } from "./authorization/authorize.js";
import type { RunOptions } from "./process/run-options.js";

export type { RunOptions };

/**
 * Runs a server as this process until SIGTERM or SIGINT. Reads flags and environment variables, starts the logger,
 * telemetry and worker processes that they configure, and exits with status 0 after a shutdown, 1 if it cannot serve,
 * or 2 if an option is invalid.
 */
export async function runServer<Context = undefined>(
  options: RunOptions<Context> & RequiredAuthorize<Context>,
): Promise<never> {
  const { runProcess } = await import("./process/run-process.js");
  return runProcess(options);
}
