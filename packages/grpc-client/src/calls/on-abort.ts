/** Object to notify when a signal aborts. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/** Listeners of each signal that has any; all of them share one listener of Node's. */
const listeners = new WeakMap<AbortSignal, Set<AbortListener>>();

/**
 * Notifies a listener when a signal aborts, at once if it has, until {@link offAbort}. Any number of calls may share a signal. With a
 * listener of Node's for each call, Node 20 would warn of a leak at the eleventh, and search them all to remove one.
 */
export function onAbort(signal: AbortSignal, listener: AbortListener): void {
  if (signal.aborted) {
    listener.onAbort(signal.reason);
    return;
  }
  const others = listeners.get(signal);
  if (others !== undefined) {
    others.add(listener);
    return;
  }
  listeners.set(signal, new Set([listener]));
  signal.addEventListener("abort", dispatch);
}

/** Undoes {@link onAbort}. */
export function offAbort(signal: AbortSignal, listener: AbortListener): void {
  const others = listeners.get(signal);
  if (others?.delete(listener) && others.size === 0) {
    listeners.delete(signal);
    signal.removeEventListener("abort", dispatch);
  }
}

function dispatch(this: AbortSignal): void {
  for (const listener of listeners.get(this) ?? []) {
    listener.onAbort(this.reason);
  }
}
