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

test("fills in the defaults of options that are missing or undefined", () => {
  assert.deepEqual(checkOptions(table, {}), defaults);
  assert.deepEqual(checkOptions(table, { waitTimeMs: undefined, color: undefined }), defaults);
});

test("returns the options that are set", () => {
  const given = { names: ["b", "c"], waitTimeMs: 1, color: false, file: "f" };
  assert.deepEqual(checkOptions(table, given), given);
});

test("lists every invalid or unknown option", () => {
  const given = { names: [], waitTimeMs: "x", color: 1, file: null, colour: true };
  assert.throws(() => checkOptions(table, given), {
    name: "TypeError",
    message: `names must be a non-empty list, not []
waitTimeMs must be a whole number from 1 to 1000, not "x"
color must be true or false, not 1
file must be a string, not null
unknown option "colour"`,
  });
});

test("rejects a property of Object.prototype as an unknown option", () => {
  assert.throws(() => checkOptions(table, { toString: 1 }), { message: 'unknown option "toString"' });
});
