import assert from "node:assert/strict";
import { test } from "node:test";
import { checkKeys, checkList, checkNumber, formatObject, formatValue, MAX_TIMER_MS } from "./check-value.js";

test("accepts numbers in the range, and undefined", () => {
  for (const value of [1, 2, MAX_TIMER_MS, undefined]) {
    checkNumber("count", value, { min: 1 });
  }
  checkNumber("ratio", 0.5, { min: 0, max: 1, integer: false });
});

test("rejects numbers out of the range, and everything else", () => {
  for (const value of [0, 1.5, MAX_TIMER_MS + 1, Number.NaN, Number.POSITIVE_INFINITY, "1", null, 1n]) {
    assert.throws(() => checkNumber("count", value, { min: 1 }), {
      name: "TypeError",
      message: `count must be a whole number from 1 to 2147483647, not ${value === "1" ? '"1"' : value}`,
    });
  }
  const message = "ratio must be a number from 0 to 1, not 1.5";
  assert.throws(() => checkNumber("ratio", 1.5, { min: 0, max: 1, integer: false }), { message });
});

test("rejects unknown keys and what is no object", () => {
  checkKeys("retry", { attempts: 1 }, ["attempts", "pause"]);
  assert.throws(() => checkKeys("retry", { attempt: 1 }, ["attempts", "pause"]), {
    message: "unknown option retry.attempt: retry has attempts, pause",
  });
  for (const value of [null, [], "x", undefined, new Map(), new Set()]) {
    assert.throws(() => checkKeys("retry", value, []), /^TypeError: retry must be an object, not /);
  }
});

test("rejects what is no list", () => {
  checkList("names", []);
  assert.throws(() => checkList("names", { length: 0 }), { message: 'names must be a list, not {"length":0}' });
});

test("formats any value", () => {
  const formatted = ["a\n", 1, Number.NaN, 1n, null, undefined, { a: [1] }].map(formatValue);
  assert.deepEqual(formatted, ['"a\\n"', "1", "NaN", "1", "null", "undefined", '{"a":[1]}']);
});

test("formats objects that JSON has no form for", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  assert.deepEqual([circular, { n: 1n }].map(formatValue), ["[object Object]", "[object Object]"]);
});

test("formats objects by their class", () => {
  const formatted = [new Map(), new AbortController(), {}, [], null, Object.create(null), "a"].map(formatObject);
  assert.deepEqual(formatted, ["a Map", "an AbortController", "{}", "[]", "null", "{}", '"a"']);
});
