import assert from "node:assert/strict";
import { test } from "node:test";
import { runCheck } from "../test/run-check.js";

test("accepts plain English, and files that nobody writes", async () => {
  const outcome = await runCheck("check-prose.ts", {
    "README.md": "# Clock\n\nTells the time.\n",
    "packages/clock/src/clock.ts": "/** Returns the time. */\nexport const time = () => Date.now();\n",
    "packages/clock/gen/clock.ts": "// Whence.\n",
    "packages/clock/api.md": "Whence.\n",
    "packages/clock/node_modules/a/README.md": "Whence.\n",
    "docs/clock.zh-TW.md": "Whence.\n",
  });
  assert.deepEqual(outcome, { status: 0, stdout: "", stderr: "" });
});

test("prints file and line of every finding", async () => {
  const source = [
    "/** In milliseconds. */",
    "export const time = 5;",
    "",
    "// Starts anew.",
    'throw new Error("the host of the URL is none");',
  ];
  const { status, stderr } = await runCheck("check-prose.ts", {
    "README.md": "# Clock\n\nTells the\nthe time.\n",
    "packages/clock/src/clock.ts": source.join("\n"),
    "packages/clock/src/clock.test.ts": '\ntest("of two the last wins", () => {});\n',
  });
  assert.equal(status, 1);
  assert.deepEqual(stderr.trimEnd().split("\n"), [
    "README.md:3: Unexpected repeated `the`, remove one occurrence",
    'packages/clock/src/clock.test.ts:2: "of two the last wins": say what happens, like "rejects a target without a host"',
    'packages/clock/src/clock.ts:1: "In milliseconds.": start with a noun, like "Number of calls"',
    'packages/clock/src/clock.ts:4: "anew": use an everyday word',
    'packages/clock/src/clock.ts:5: "is none": say what is missing, like "the host is missing"',
  ]);
});
