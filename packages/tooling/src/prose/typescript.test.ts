import assert from "node:assert/strict";
import { test } from "node:test";
import { readTypeScript } from "./typescript.js";

const subjects: Readonly<Record<string, string>> = {
  "export function f() {}": "function",
  "export default async function () {}": "function",
  "export function f(a: string): void;": "function",
  "const f = async () => 1;": "function",
  "class A {\n  /** A. */\n  static async #f() {}\n}": "function",
  "abstract class A {\n  /** A. */\n  protected abstract f(): void;\n}": "function",
  "interface A {\n  /** A. */\n  f(): void;\n}": "function",
  "export interface A {}": "noun",
  "export abstract class A {}": "noun",
  "type A = string;": "noun",
  "export const a = 1;": "noun",
  "interface A {\n  /** A. */\n  readonly a?: readonly string[] | undefined;\n}": "noun",
  "class A {\n  /** A. */\n  readonly #a: number = 1;\n}": "noun",
  "type A = () => void;": "other",
  "let a: () => void;": "other",
  "interface A {\n  /** A. */\n  readonly a?: boolean;\n}": "other",
  "interface A {\n  /** A. */\n  readonly a?: ((b: string) => void) | undefined;\n}": "other",
  "interface A {\n  /** A. */\n  readonly a: Promise<void>;\n}": "other",
  "class A {\n  /** A. */\n  get a() {\n    return 1;\n  }\n}": "other",
  'import "node:test";': "other",
};
for (const [declaration, subject] of Object.entries(subjects)) {
  test(`sorts the comment of ${declaration.replace(/\s+/g, " ")} under ${subject}`, () => {
    const source = declaration.includes("/**") ? declaration : `/** A. */\n// Line comment.\n${declaration}\n`;
    assert.deepEqual(
      readTypeScript("a.ts", source).docComments.map((comment) => comment.subject),
      [subject],
    );
  });
}

test("removes the asterisks, and counts lines from the first one with text", () => {
  const source = "\n/**\n * First line,\n *\n * - `a * b`\n */\nlet a = 1;\n/* No doc comment. */\n";
  assert.deepEqual(readTypeScript("a.ts", source).docComments, [
    { line: 3, text: "First line,\n\n- `a * b`", subject: "noun" },
  ]);
});

test("joins comments on consecutive lines", () => {
  assert.deepEqual(readTypeScript("a.ts", "// One\n// sentence.\nlet a = 1; /* Two. */\n\n// Three.").comments, [
    { line: 1, text: "One\nsentence.\nTwo." },
    { line: 5, text: "Three." },
  ]);
});

test("finds strings on one line, and the names of tests and groups, with an ellipsis for each substitution", () => {
  const source = [
    'test("adds", () => {});',
    `describe(\`with \${a} and \${b}\`, { skip }, () => {`,
    '  test("nested", async () => {});',
    "});",
    'pattern.test("no name");',
    "test(name, () => {});",
    "f(`\n`, /a/, 1);",
  ];
  const { strings, testNames } = readTypeScript("a.ts", source.join("\n"));
  const names = [
    { line: 1, text: "adds" },
    { line: 2, text: "with … and …" },
    { line: 3, text: "nested" },
  ];
  assert.deepEqual(testNames, names);
  assert.deepEqual(strings, [...names, { line: 5, text: "no name" }]);
});

test("finds the messages of errors and of log lines", () => {
  const source = 'new TypeError("late"); logger.warn({ a: "b" }, "slow"); emitter.emit("tick"); new Map("c");';
  assert.deepEqual(readTypeScript("a.ts", source).messages, [
    { line: 1, text: "late" },
    { line: 1, text: "slow" },
  ]);
});

test("rejects a source that does not parse, with its place", () => {
  assert.throws(() => readTypeScript("src/a.ts", "\nlet = ;"), /^Error: src\/a\.ts:2: /);
});
