/** What wants to know when a signal aborts. */
export interface AbortListener {
  onAbort(reason: unknown): void;
}

/** The listeners of each signal that has any: one of Node's serves them all. */
const listeners = new WeakMap<AbortSignal, Set<AbortListener>>();

/**
 * Calls a listener when a signal aborts, until {@link offAbort}. Any number of calls may share a signal: with a listener
 * of its own for each, Node 20 warns of a leak from the eleventh on, and looks through all of them to remove one.
 */
export function onAbort(signal: AbortSignal, listener: AbortListener): void {
  const others = listeners.get(signal);
  if (others !== undefined) {
    others.add(listener);
    return;
  }
  listeners.set(signal, new Set([listener]));
  signal.addEventListener("abort", dispatch);
}

/** Ends what {@link onAbort} began. */
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
