import { formatValue, MAX_TIMER_MS } from "@hello/grpc-common";
import type { CallOptions } from "./call-options.js";
import { deadlineOf } from "./parent-call.js";

/** Returns the time that a call may take in milliseconds: its own timeout, or what the deadline of its parent leaves. */
export function timeoutOf({ timeoutMs, parent }: CallOptions, defaultMs: number): number {
  const ownMs = timeoutMs ?? defaultMs;
  return parent === undefined ? ownMs : Math.min(ownMs, deadlineOf(parent) - Date.now());
}

/** @throws TypeError if a timer cannot have this duration. */
export function checkTimeout(name: string, ms: unknown): void {
  if (typeof ms !== "number" || !(ms <= MAX_TIMER_MS || ms === Number.POSITIVE_INFINITY)) {
    throw new TypeError(`${name} must be a number up to ${MAX_TIMER_MS}, or Infinity, not ${formatValue(ms)}`);
  }
}
