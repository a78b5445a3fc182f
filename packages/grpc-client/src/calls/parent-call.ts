import { isDate } from "node:util/types";
import { formatValue } from "@hello/grpc-common";
import { addAbortListener, isAbortSignal, removeAbortListener } from "./abort-listeners.js";

/** Server call whose handler makes a client call. */
export type ParentCall =
  | {
      readonly deadline: Date | undefined;
      readonly signal: AbortSignal;
    }
  | {
      /** Returns a date, milliseconds since 1970, or Infinity. */
      getDeadline(): Date | number;
      readonly cancelled: boolean;
      on(event: "cancelled", listener: () => void): unknown;
      off(event: "cancelled", listener: () => void): unknown;
    };

/**
 * Checks that a value is a server call.
 *
 * @throws TypeError if it is not.
 */
export function checkParent(name: string, value: unknown): void {
  const call: { readonly [Name in "signal" | "deadline" | "cancelled" | "getDeadline" | "on" | "off"]?: unknown } =
    Object(value);
  const isCall =
    "signal" in call
      ? isAbortSignal(call.signal) && (call.deadline === undefined || isDate(call.deadline))
      : typeof call.cancelled === "boolean" &&
        [call.getDeadline, call.on, call.off].every((method) => typeof method === "function");
  if (!isCall) {
    throw new TypeError(`${name} must be a server call, not ${formatValue(value)}`);
  }
}

/** Returns the deadline of a server call in milliseconds since 1970, or Infinity. */
export function deadlineOf(parent: ParentCall): number {
  const deadline = "signal" in parent ? parent.deadline : parent.getDeadline();
  return deadline === undefined ? Number.POSITIVE_INFINITY : Number(deadline);
}

/**
 * Calls a listener when a server call is cancelled, or at once if it already is. Returns a function that removes it.
 */
export function onCancelled(parent: ParentCall, listener: () => void): () => void {
  const source = "signal" in parent ? parent.signal : parent;
  const abortListener = { onAbort: listener };
  addAbortListener(source, abortListener);
  return () => removeAbortListener(source, abortListener);
}
