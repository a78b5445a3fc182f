import { openTelemetry } from "@hello/grpc-common";
import { type Logger, pino } from "pino";

/** The levels of the log, from quiet to loud. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** Level of the log. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Creates a logger that writes to standard output: JSON lines, or readable ones on a terminal. A line that is written
 * while a span is active has its identity.
 */
export async function createLogger(level: LogLevel): Promise<Logger> {
  if (!process.stdout.isTTY) {
    // Synchronous, so that the last line before an exit is not lost.
    return pino({ level, mixin: activeSpan, base: { pid: process.pid } }, pino.destination({ fd: 1, sync: true }));
  }
  const { default: pretty } = await import("pino-pretty");
  return pino(
    { level, mixin: activeSpan },
    pretty({ ignore: "pid,hostname", translateTime: "HH:MM:ss.l", sync: true }),
  );
}

/**
 * Returns the identity of the active span, if there is one, as fields of a log line.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function activeSpan(): object {
  const telemetry = openTelemetry();
  const span = telemetry?.traces && telemetry.api.trace.getActiveSpan()?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId, trace_flags: span.traceFlags } : {};
}
