import type { DiagLogger } from "@opentelemetry/api";
import type { Logger } from "pino";

/** Creates a logger for the OpenTelemetry SDK that writes each of its diagnostics as a log line. */
export function createDiagLogger(logger: Logger): DiagLogger {
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
