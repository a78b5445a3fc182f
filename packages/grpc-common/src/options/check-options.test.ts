import assert from "node:assert/strict";
import { test } from "node:test";
import { type CheckTable, checkOptions } from "./check-options.js";
import { integer, list, text, toggle } from "./option.js";

interface Values {
  readonly names: readonly string[];
  readonly waitTimeMs: number;
  readonly color: boolean;
  readonly file: string | undefined;
}

const table: CheckTable<Values> = {
  names: list("names", { default: ["a"], placeholder: "name", flag: "name", check: () => {} }),
  waitTimeMs: integer("how long to wait", { default: 500, placeholder: "ms", min: 1, max: 1_000 }),
  color: toggle("print without color", true),
  file: text("a file", { placeholder: "file" }),
};
const defaults: Values = { names: ["a"], waitTimeMs: 500, color: true, file: undefined };

test("an option that is left out or undefined has its default", () => {
  assert.deepEqual(checkOptions(table, {}), defaults);
  assert.deepEqual(checkOptions(table, { waitTimeMs: undefined, color: undefined }), defaults);
});

test("returns the values that are given", () => {
  const given = { names: ["b", "c"], waitTimeMs: 1, color: false, file: "f" };
  assert.deepEqual(checkOptions(table, given), given);
});

test("names every mistake, unknown options included", () => {
  const given = { names: [], waitTimeMs: "x", color: 1, file: null, colour: true };
  assert.throws(() => checkOptions(table, given), {
    name: "TypeError",
    message: `names must be a list of one or more, not []
waitTimeMs must be a whole number from 1 to 1000, not "x"
color must be true or false, not 1
file must be a string, not null
unknown option colour`,
  });
});

test("a property of every object is no option", () => {
  assert.throws(() => checkOptions(table, { toString: 1 }), { message: "unknown option toString" });
});
