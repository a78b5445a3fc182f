import assert from "node:assert/strict";
import { test } from "node:test";
import { addExport, addImport, addToClass } from "./edits.js";

test("adds only the missing names to an import", () => {
  const source = 'import { type A, B } from "@x/y";\n';
  const added = addImport(source, ["type C", "B", "A"], "@x/y");
  assert.equal(added, 'import { type A, B, type C } from "@x/y";\n');
  assert.equal(addImport(added, ["type C"], "@x/y"), added);
});

test("keeps the names of a type import as types", () => {
  assert.equal(addImport('import type { A } from "x";', ["B"], "x"), 'import { type A, B } from "x";');
});

test("adds an import and an export of a new module", () => {
  assert.equal(addImport("code();\n", ["A"], "x"), 'import { A } from "x";\ncode();\n');
  assert.equal(addExport("code();\n", ["A"], "./a.js"), 'code();\nexport { A } from "./a.js";\n');
});

test("adds a member to the end of a class", () => {
  assert.equal(
    addToClass("export class A {\n  a() {}\n}\n", "a.ts", "  b() {}\n"),
    "export class A {\n  a() {}\n\n  b() {}\n}\n",
  );
  assert.throws(() => addToClass("export const a = 1;\n", "a.ts", ""), { message: "a.ts has no class" });
});
