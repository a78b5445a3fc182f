import { offAbort, onAbort } from "./on-abort.js";

/** Server call on whose behalf a client call is made. */
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

/** Returns the deadline of a server call in milliseconds since 1970, or Infinity. */
export function deadlineOf(parent: ParentCall): number {
  const deadline = "signal" in parent ? parent.deadline : parent.getDeadline();
  return deadline === undefined ? Number.POSITIVE_INFINITY : Number(deadline);
}

/** Calls back when a server call is cancelled, at once if it already is. Returns a function that stops that. */
export function onCancelled(parent: ParentCall, listener: () => void): () => void {
  if ("signal" in parent) {
    const { signal } = parent;
    const onAbortListener = { onAbort: listener };
    onAbort(signal, onAbortListener);
    return () => offAbort(signal, onAbortListener);
  }
  if (parent.cancelled) {
    listener();
  } else {
    parent.on("cancelled", listener);
  }
  return () => parent.off("cancelled", listener);
}
