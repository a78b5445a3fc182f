import assert from "node:assert/strict";
import { test } from "node:test";
import { setImmediate } from "node:timers/promises";
import { inOrder } from "./in-order.js";

/** Calls that end when the test says so. */
function manualCalls() {
  const calls = new Map<number, { resolve(value: string): void; reject(error: Error): void }>();
  const call = (item: number) =>
    new Promise<string>((resolve, reject) => {
      calls.set(item, { resolve, reject });
    });
  return { calls, call };
}

async function* count(from: number, to: number, onRead: (item: number) => void = () => {}) {
  for (let item = from; item <= to; item += 1) {
    onRead(item);
    yield item;
  }
}

test("results come in the order of the items, whichever call ends first", async () => {
  const { calls, call } = manualCalls();
  const results = inOrder(count(1, 3), 3, call);
  const first = results.next();
  await setImmediate();
  for (const item of [3, 1, 2]) {
    calls.get(item)?.resolve(`result ${item}`);
  }
  assert.deepEqual(await first, { done: false, value: "result 1" });
  assert.deepEqual(await results.next(), { done: false, value: "result 2" });
  assert.deepEqual(await results.next(), { done: false, value: "result 3" });
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});

test("no more calls are made than the window holds, until the first result is taken", async () => {
  const { calls, call } = manualCalls();
  const results = inOrder(count(1, 100), 5, call);
  const first = results.next();
  await setImmediate();
  calls.get(2)?.resolve("two");
  await setImmediate();
  assert.deepEqual([...calls.keys()], [1, 2, 3, 4, 5]);
  calls.get(1)?.resolve("one");
  await first;
  await setImmediate();
  assert.deepEqual([...calls.keys()], [1, 2, 3, 4, 5, 6]);
});

test("a result comes while the next item is still awaited", async () => {
  async function* items() {
    yield 1;
    await new Promise(() => {});
  }
  const results = inOrder(items(), 5, async (item) => item);
  assert.deepEqual(await results.next(), { done: false, value: 1 });
});

test("a call that fails does so in its turn, and no later result comes", async () => {
  const { calls, call } = manualCalls();
  const results = inOrder(count(1, 3), 3, call);
  const first = results.next();
  await setImmediate();
  calls.get(2)?.reject(new Error("broken"));
  calls.get(3)?.resolve("three");
  await setImmediate();
  calls.get(1)?.resolve("one");
  assert.deepEqual(await first, { done: false, value: "one" });
  await assert.rejects(results.next(), { message: "broken" });
  assert.deepEqual(await results.next(), { done: true, value: undefined });
});

test("items that fail do so after the results of those before", async () => {
  async function* items() {
    yield 1;
    throw new Error("unreadable");
  }
  const results = inOrder(items(), 5, async (item) => item);
  assert.deepEqual(await results.next(), { done: false, value: 1 });
  await assert.rejects(results.next(), { message: "unreadable" });
});

test("no item is read once nobody takes results", async () => {
  let read = 0;
  const items = count(1, 100, (item) => {
    read = item;
  });
  for await (const result of inOrder(items, 2, async (item) => item)) {
    if (result === 3) {
      break;
    }
  }
  const before = read;
  await setImmediate();
  assert.equal(read, before);
  assert.ok(read <= 6, `read ${read}`);
});
