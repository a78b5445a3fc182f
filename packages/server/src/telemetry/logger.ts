import { type Logger, pino } from "pino";
import { openTelemetry } from "./open-telemetry.js";

/** The levels of the log, from quiet to loud. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** How much is logged. */
export type LogLevel = (typeof logLevels)[number];

/**
 * A logger that writes to standard output: JSON lines, or readable ones on a terminal. A line that is written while a
 * span is active carries its identity.
 */
export async function createLogger(level: LogLevel): Promise<Logger> {
  if (!process.stdout.isTTY) {
    // Written at once: what is last said before an exit must come last, and not be lost.
    return pino({ level, mixin: activeSpan, base: { pid: process.pid } }, pino.destination({ fd: 1, sync: true }));
  }
  const { default: pretty } = await import("pino-pretty");
  return pino(
    { level, mixin: activeSpan },
    pretty({ ignore: "pid,hostname", translateTime: "HH:MM:ss.l", sync: true }),
  );
}

/**
 * The identity of the span that is active, if one is, as fields of a log line.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function activeSpan(): object {
  const telemetry = openTelemetry();
  const span = telemetry?.traces && telemetry.api.trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId, trace_flags: span.traceFlags } : {};
}
