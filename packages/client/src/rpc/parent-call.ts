import { offAbort, onAbort } from "./on-abort.js";

/** A server call that the client's call is made for. */
export type ParentCall =
  | {
      readonly deadline: Date | undefined;
      readonly signal: AbortSignal;
    }
  | {
      /** In milliseconds since 1970, or Infinity. */
      getDeadline(): Date | number;
      readonly cancelled: boolean;
      on(event: "cancelled", listener: () => void): unknown;
      off(event: "cancelled", listener: () => void): unknown;
    };

/** When a server call's client stops waiting, in milliseconds since 1970. */
export function deadlineOf(parent: ParentCall): number {
  const deadline = "signal" in parent ? parent.deadline : parent.getDeadline();
  return deadline === undefined ? Number.POSITIVE_INFINITY : Number(deadline);
}

/** Calls back when a server call is cancelled, at once if it has been. Returns what stops that. */
export function onCancelled(parent: ParentCall, listener: () => void): () => void {
  if ("signal" in parent) {
    const { signal } = parent;
    const onAbortListener = { onAbort: listener };
    if (signal.aborted) {
      listener();
    } else {
      onAbort(signal, onAbortListener);
    }
    return () => offAbort(signal, onAbortListener);
  }
  if (parent.cancelled) {
    listener();
  } else {
    parent.on("cancelled", listener);
  }
  return () => parent.off("cancelled", listener);
}
