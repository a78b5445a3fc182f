import assert from "node:assert/strict";
import { test } from "node:test";
import { checkKeys, checkList, checkNumber, formatObject, formatValue, maxTimerMs } from "./check-value.js";

test("accepts numbers in range, and undefined", () => {
  for (const value of [1, 2, maxTimerMs, undefined]) {
    checkNumber("count", value, { min: 1 });
  }
  checkNumber("ratio", 0.5, { min: 0, max: 1, integer: false });
});

test("rejects numbers out of range, and other types", () => {
  for (const value of [0, 1.5, maxTimerMs + 1, Number.NaN, Number.POSITIVE_INFINITY, "1", null, 1n]) {
    assert.throws(() => checkNumber("count", value, { min: 1 }), {
      name: "TypeError",
      message: `count must be a whole number from 1 to 2147483647, not ${value === "1" ? '"1"' : value}`,
    });
  }
  const message = "ratio must be a number from 0 to 1, not 1.5";
  assert.throws(() => checkNumber("ratio", 1.5, { min: 0, max: 1, integer: false }), { message });
});

test("rejects unknown keys, and values that are not plain objects", () => {
  checkKeys("retry", { attempts: 1 }, ["attempts", "delay"]);
  assert.throws(() => checkKeys("retry", { attempt: 1 }, ["attempts", "delay"]), {
    message: 'unknown option "retry.attempt": retry accepts attempts, delay',
  });
  for (const value of [null, [], "x", undefined, new Map(), new Set()]) {
    assert.throws(() => checkKeys("retry", value, []), /^TypeError: retry must be an object, not /);
  }
});

test("rejects values that are not arrays", () => {
  checkList("names", []);
  assert.throws(() => checkList("names", { length: 0 }), { message: 'names must be a list, not {"length":0}' });
});

test("formats values of any type", () => {
  const formatted = ["a\n", 1, Number.NaN, 1n, null, undefined, { a: [1] }].map(formatValue);
  assert.deepEqual(formatted, ['"a\\n"', "1", "NaN", "1", "null", "undefined", '{"a":[1]}']);
});

test("formats objects that JSON cannot represent", () => {
  const circular: { self?: unknown } = {};
  circular.self = circular;
  assert.deepEqual([circular, { n: 1n }].map(formatValue), ["[object Object]", "[object Object]"]);
});

test("formats class instances by their class", () => {
  const formatted = [new Map(), new AbortController(), {}, [], null, Object.create(null), "a"].map(formatObject);
  assert.deepEqual(formatted, ["a Map", "an AbortController", "{}", "[]", "null", "{}", '"a"']);
});
