/** Object to notify when a signal aborts. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/** Server call of grpc-js, which emits an event when it is cancelled. */
export interface CancellableCall {
  readonly cancelled: boolean;
  on(event: "cancelled", listener: () => void): unknown;
  off(event: "cancelled", listener: () => void): unknown;
}

/** Listeners of one signal, or of one call, that share a single listener of Node's. */
interface Listeners {
  readonly all: Set<AbortListener>;
  readonly notify: () => void;
}

const listenersOf = new WeakMap<AbortSignal | CancellableCall, Listeners>();

/**
 * Notifies a listener when a signal aborts or a server call is cancelled, at once if that has happened, until {@link offAbort}.
 * Any number of calls may share a signal. With a listener of Node's for each call, Node 20 would warn of a leak at the
 * eleventh, and search them all to remove one.
 */
export function onAbort(source: AbortSignal | CancellableCall, listener: AbortListener): void {
  if ("aborted" in source ? source.aborted : source.cancelled) {
    listener.onAbort(reasonFor(source));
    return;
  }
  const listeners = listenersOf.get(source);
  if (listeners !== undefined) {
    listeners.all.add(listener);
    return;
  }
  const all = new Set([listener]);
  const notify = () => {
    for (const listener of all) {
      listener.onAbort(reasonFor(source));
    }
  };
  listenersOf.set(source, { all, notify });
  if ("aborted" in source) {
    source.addEventListener("abort", notify);
  } else {
    source.on("cancelled", notify);
  }
}

/** Undoes {@link onAbort}. */
export function offAbort(source: AbortSignal | CancellableCall, listener: AbortListener): void {
  const listeners = listenersOf.get(source);
  if (listeners?.all.delete(listener) && listeners.all.size === 0) {
    listenersOf.delete(source);
    if ("aborted" in source) {
      source.removeEventListener("abort", listeners.notify);
    } else {
      source.off("cancelled", listeners.notify);
    }
  }
}

/** Tests for a signal, of any realm or library. */
export function isAbortSignal(value: unknown): value is AbortSignal {
  const { aborted, addEventListener, removeEventListener } = Object(value) as Partial<AbortSignal>;
  return (
    typeof aborted === "boolean" && typeof addEventListener === "function" && typeof removeEventListener === "function"
  );
}

function reasonFor(source: AbortSignal | CancellableCall): unknown {
  return "aborted" in source ? source.reason : undefined;
}
