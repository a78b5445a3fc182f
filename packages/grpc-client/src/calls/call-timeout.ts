import { formatValue, maxTimerMs } from "@hello/grpc-common";
import type { CallOptions } from "./call-options.js";
import { deadlineOf } from "./parent-call.js";

/** Returns the timeout of a call in milliseconds: its own, or the time until the deadline of its parent if shorter. */
export function computeTimeoutMs({ timeoutMs, parent }: CallOptions, defaultMs: number): number {
  const ownMs = timeoutMs ?? defaultMs;
  return parent === undefined ? ownMs : Math.min(ownMs, deadlineOf(parent) - Date.now());
}

/**
 * Checks a timeout.
 *
 * @throws TypeError if it is not a number, or too large for a timer.
 */
export function checkTimeout(name: string, ms: unknown): void {
  if (typeof ms !== "number" || !(ms <= maxTimerMs || ms === Number.POSITIVE_INFINITY)) {
    throw new TypeError(`${name} must be a number up to ${maxTimerMs}, or Infinity, not ${formatValue(ms)}`);
  }
}
