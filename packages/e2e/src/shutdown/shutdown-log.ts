import type { LogLine } from "@hello/testing/captured-log";
import type { ServerProcess } from "../server-process.js";

/** Log messages of the steps of a shutdown. */
export const steps = {
  signal: "signal received",
  notServing: "shutting down: health is NOT_SERVING, calls are still accepted",
  watches: "ending health watches",
  draining: "draining: no new connections, calls in progress continue",
  cancelling: "cancelling calls still in progress",
  stopped: "stopped",
};

/** Returns the log of a server from the first signal to the last step so far. */
export function shutdownLog({ log }: ServerProcess): readonly LogLine[] {
  const stopped = log.findIndex(({ msg }) => msg === steps.stopped);
  return log.slice(
    log.findIndex(({ msg }) => msg === steps.signal),
    stopped < 0 ? log.length : stopped + 1,
  );
}

/** Returns the messages of {@link shutdownLog}. */
export function shutdownMessages(server: ServerProcess): string[] {
  return shutdownLog(server).map(({ msg }) => msg);
}

/** Returns the duration of the shutdown in milliseconds, by the timestamps of the log. */
export function shutdownMs(server: ServerProcess): number {
  const log = shutdownLog(server);
  return Number(log.at(-1)?.["time"]) - Number(log[0]?.["time"]);
}

/** Resolves once the server has logged a step. */
export function waitForStep(server: ServerProcess, step: keyof typeof steps): Promise<LogLine> {
  return server.logged(({ msg }) => msg === steps[step]);
}
