import type { DiagLogger } from "@opentelemetry/api";
import type { Logger } from "pino";

/** Creates a logger for the problems of the OpenTelemetry SDK: one line of the log for each. */
export function diagnosticsTo(logger: Logger): DiagLogger {
  const write =
    (level: "error" | "warn" | "info" | "debug" | "trace") =>
    (...message: unknown[]) =>
      logger[level]({ component: "opentelemetry" }, message.map(String).join(" "));
  return {
    error: write("error"),
    warn: write("warn"),
    info: write("info"),
    debug: write("debug"),
    verbose: write("trace"),
  };
}
