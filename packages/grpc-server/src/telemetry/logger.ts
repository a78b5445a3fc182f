import { getSpan, openTelemetry } from "@hello/grpc-common";
import { type Logger, pino } from "pino";
import { createLogOutput, type LogOutput } from "./log-output.js";

/** The levels of the log, from quiet to loud. */
export const logLevels = ["silent", "fatal", "error", "warn", "info", "debug", "trace"] as const;

/** Level of the log. */
export type LogLevel = (typeof logLevels)[number];

/**
 * Creates a logger that writes to standard output: JSON lines, or readable ones on a terminal. A line that is written
 * while a span is active has its identity. Lines that standard output does not take are dropped, and counted.
 *
 * @param name Name of the program, for its message on standard error when lines are dropped.
 */
export async function createLogger(level: LogLevel, name: string): Promise<Logger> {
  const output = createLogOutput({
    warn: (text) => process.stderr.write(`${name}: ${text}\n`),
    onRecovery: (dropped) => logger.warn({ dropped }, "lines of the log were dropped"),
  });
  const logger = process.stdout.isTTY
    ? pino({ level, mixin: activeSpan }, await makeReadable(output))
    : pino({ level, mixin: activeSpan, base: { pid: process.pid } }, output);
  return logger;
}

async function makeReadable(output: LogOutput): Promise<LogOutput> {
  const { prettyFactory } = await import("pino-pretty");
  const format = prettyFactory({ ignore: "pid,hostname", translateTime: "HH:MM:ss.l" });
  return { ...output, write: (line) => output.write(format(line)) };
}

/**
 * Returns the identity of the active span, if there is one, as fields of a log line.
 *
 * @see https://opentelemetry.io/docs/specs/otel/compatibility/logging_trace_context/
 */
export function activeSpan(): object {
  const context = openTelemetry()?.context?.active();
  const span = context && getSpan(context)?.spanContext();
  return span ? { trace_id: span.traceId, span_id: span.spanId, trace_flags: span.traceFlags } : {};
}
