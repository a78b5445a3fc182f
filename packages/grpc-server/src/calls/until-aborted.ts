import { once } from "node:events";

/** Yields the items of an iterable until it ends or a signal aborts. */
export async function* untilAborted<Item>(
  items: AsyncIterable<Item>,
  signal: AbortSignal,
): AsyncGenerator<Item, void, undefined> {
  if (signal.aborted) {
    return;
  }
  const iterator = items[Symbol.asyncIterator]();
  const finished = new AbortController();
  const aborted = once(signal, "abort", { signal: finished.signal }).then(
    () => undefined,
    () => undefined,
  );
  try {
    for (;;) {
      const next = iterator.next();
      // After the abort nobody awaits it.
      next.catch(() => undefined);
      const result = await Promise.race([next, aborted]);
      if (result === undefined || result.done) {
        return;
      }
      yield result.value;
    }
  } finally {
    finished.abort();
  }
}
