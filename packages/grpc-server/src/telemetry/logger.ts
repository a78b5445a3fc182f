import { getSpan, openTelemetry } from "@hello/grpc-common";
import { type Logger, pino } from "pino";
import { createLogOutput, type LogOutput } from "./log-output.js";

/** Log levels, from least to most verbose. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** Log level. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Creates a logger that writes to standard output: JSON lines, or human-readable ones on a terminal. A line that is
 * written while a span is active contains its ids. Lines that cannot be written are dropped and counted.
 *
 * @param name Name of the program, for its message on standard error when lines are dropped.
 */
export async function createLogger(level: LogLevel, name: string): Promise<Logger> {
  const output = createLogOutput({
    warn: (text) => process.stderr.write(`${name}: ${text}\n`),
    onRecovery: (dropped) => logger.warn({ dropped }, "log lines were dropped"),
  });
  const logger = process.stdout.isTTY
    ? pino({ level, mixin: getActiveSpanFields }, await makeReadable(output))
    : pino({ level, mixin: getActiveSpanFields, base: { pid: process.pid } }, output);
  return logger;
}

async function makeReadable(output: LogOutput): Promise<LogOutput> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({ ignore: "pid,hostname", translateTime: "HH:MM:ss.l" });
  return { ...output, write: (line) => output.write(format(line)) };
}

/**
 * Returns the ids of the active span as fields of a log line, or no fields if there is none.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function getActiveSpanFields(): object {
  const context = openTelemetry()?.context?.active();
  const span = context && getSpan(context)?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId, trace_flags: span.traceFlags } : {};
}
