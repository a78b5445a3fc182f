/**
 * Makes a call for each item, many at a time, and yields the results in the order of the items.
 *
 * It reads an item only where there is room: at most `window` items are under way or wait for their turn. What fails,
 * a call or the items themselves, fails in its turn, after the results before it. Who stops early also stops the
 * items and the calls under way: this only lets go of them.
 */
export async function* inOrder<Item, Result>(
  items: AsyncIterable<Item>,
  window: number,
  call: (item: Item) => Promise<Result>,
): AsyncGenerator<Result, void, undefined> {
  const results: Promise<Result>[] = [];
  let reading = true;
  // Wakes the side that waits: reading where the window is full, the results where it is empty, never both.
  let wake = () => {};
  const woken = () => new Promise<void>((resolve) => (wake = resolve));
  const add = (result: Promise<Result>) => {
    // It is awaited in its turn, and is no unhandled rejection before that.
    result.catch(() => {});
    results.push(result);
    wake();
  };
  const read = async () => {
    try {
      for await (const item of items) {
        add(call(item));
        while (reading && results.length >= window) {
          await woken();
        }
        if (!reading) {
          return;
        }
      }
    } catch (error) {
      add(Promise.reject(error));
    } finally {
      reading = false;
      wake();
    }
  };
  void read();
  try {
    while (reading || results.length > 0) {
      const [first] = results;
      if (first === undefined) {
        await woken();
      } else {
        const result = await first;
        results.shift();
        wake();
        yield result;
      }
    }
  } finally {
    reading = false;
    wake();
  }
}
