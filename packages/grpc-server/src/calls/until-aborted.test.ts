import assert from "node:assert/strict";
import { getEventListeners } from "node:events";
import { test } from "node:test";
import { setImmediate as nextTurn } from "node:timers/promises";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { untilAborted } from "./until-aborted.js";

async function* items(count: number) {
  for (let index = 0; index < count; index++) {
    yield { index };
  }
}

test("yields all items and leaves no listener on the signal", async () => {
  const { signal } = new AbortController();
  let count = 0;
  for await (const { index } of untilAborted(items(3), signal)) {
    assert.equal(index, count++);
  }
  assert.equal(count, 3);
  assert.deepEqual(getEventListeners(signal, "abort"), []);
});

test("ends when the signal aborts during a wait for an item", async () => {
  const controller = new AbortController();
  const pending = { [Symbol.asyncIterator]: () => ({ next: () => new Promise<never>(() => undefined) }) };
  const next = untilAborted(pending, controller.signal).next();
  controller.abort();
  assert.deepEqual(await next, { value: undefined, done: true });
  assert.deepEqual(getEventListeners(controller.signal, "abort"), []);
});

test("ends when the signal aborts between two items", async () => {
  const controller = new AbortController();
  const received: number[] = [];
  for await (const { index } of untilAborted(items(3), controller.signal)) {
    received.push(index);
    controller.abort();
  }
  assert.deepEqual(received, [0]);
});

test("does not retain the items that it has yielded", async () => {
  setFlagsFromString("--expose-gc");
  const collectGarbage: () => void = runInNewContext("gc");
  const received: WeakRef<object>[] = [];
  let alive = 0;
  for await (const item of untilAborted(items(100), new AbortController().signal)) {
    received.push(new WeakRef(item));
    if (received.length === 100) {
      // A WeakRef that is created or dereferenced keeps its target alive until the end of the turn.
      await nextTurn();
      collectGarbage();
      alive = received.filter((reference) => reference.deref() !== undefined).length;
    }
  }
  assert.ok(alive < 10, `${alive} of 100 items are alive`);
});
