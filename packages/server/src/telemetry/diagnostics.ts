import type { DiagLogger } from "@opentelemetry/api";
import type { Logger } from "pino";

/** Lets the OpenTelemetry SDK tell its own troubles to the log, each in one line. */
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
