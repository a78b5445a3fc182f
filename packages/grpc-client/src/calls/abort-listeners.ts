/** Object that is notified when a signal aborts or a server call is cancelled. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/** Server call of grpc-js. It emits an event when it is cancelled. */
export interface CancellableCall {
  readonly cancelled: boolean;
  on(event: "cancelled", listener: () => void): unknown;
  off(event: "cancelled", listener: () => void): unknown;
}

/** Listeners of one signal or server call. They share a single event listener. */
interface ListenerGroup {
  readonly listeners: Set<AbortListener>;
  readonly notify: () => void;
}

const groups = new WeakMap<AbortSignal | CancellableCall, ListenerGroup>();

/**
 * Adds a listener, which is notified when the signal aborts or the server call is cancelled, or at once if that has
 * already happened. All listeners of a source share one event listener, because Node 20 warns of a leak at the eleventh
 * event listener, and searches all of them to remove one.
 */
export function addAbortListener(source: AbortSignal | CancellableCall, listener: AbortListener): void {
  if ("aborted" in source ? source.aborted : source.cancelled) {
    listener.onAbort(findAbortReason(source));
    return;
  }
  const group = groups.get(source);
  if (group !== undefined) {
    group.listeners.add(listener);
    return;
  }
  const listeners = new Set([listener]);
  const notify = () => {
    for (const listener of listeners) {
      listener.onAbort(findAbortReason(source));
    }
  };
  groups.set(source, { listeners, notify });
  if ("aborted" in source) {
    source.addEventListener("abort", notify);
  } else {
    source.on("cancelled", notify);
  }
}

/** Removes a listener that {@link addAbortListener} added. */
export function removeAbortListener(source: AbortSignal | CancellableCall, listener: AbortListener): void {
  const group = groups.get(source);
  if (group?.listeners.delete(listener) && group.listeners.size === 0) {
    groups.delete(source);
    if ("aborted" in source) {
      source.removeEventListener("abort", group.notify);
    } else {
      source.off("cancelled", group.notify);
    }
  }
}

/** Returns whether a value is an `AbortSignal` of any realm or library. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, removeEventListener } = Object(value) as Partial<AbortSignal>;
  return (
    typeof aborted === "boolean" && typeof addEventListener === "function" && typeof removeEventListener === "function"
  );
}

function findAbortReason(source: AbortSignal | CancellableCall): unknown {
  return "aborted" in source ? source.reason : undefined;
}
