import assert from "node:assert/strict";
import { test } from "node:test";
import { lintProse } from "./lint.js";

/** Returns the findings in one passage, as `line: text`. */
async function lint(text: string): Promise<string[]> {
  return (await lintProse([{ line: 1, text }])).map((finding) => `${finding.line}: ${finding.text}`);
}

const bad: Readonly<Record<string, string>> = {
  "The host is none.": '"is none"',
  "It is no list.": '"is no list"',
  "Tells whether it runs.": '"Tells whether"',
  "Returns the length of what was sent.": '"of what was"',
  "It has a process of its own.": '"of its own"',
  "The server is asked,\nand says nothing.": '"says nothing"',
  "Then it connects anew.": '"anew"',
  "This is very fast.": '"very"',
  "There are two servers.": '"There are"',
  "Nor does it wait.": '"Nor"',
  "One; two; three.": "two semicolons",
  "Stops the the server.": "Unexpected repeated `the`",
  "Starts an server.": "Unexpected article `an`",
  "| a | b |\n| - | - |\n| c | and all that follows |": '"all that"',
  "- Waits for the [answer yet to come](a.md).": '"yet to come"',
};
for (const [text, finding] of Object.entries(bad)) {
  test(`reports ${finding} in ${JSON.stringify(text)}`, async () => {
    const findings = await lint(text);
    assert.equal(findings.length, 1);
    assert.ok(findings[0]?.includes(finding), findings[0]);
  });
}

const good = [
  "Returns `undefined` if there is none.",
  "Tells the time. Returns false if there is no list. It is no longer empty; one is no smaller.",
  "Runs on its own, as well as with `one; two; three`.",
  "Resolves at once. Rejects; the reason is an `RpcError`.",
  "Waits for an HTTP/2 connection.",
  "```sh\nwhence\n```",
  `A sentence of 35 words: ${"one more, ".repeat(15)}.`,
];
for (const text of good) {
  test(`accepts ${JSON.stringify(text)}`, async () => assert.deepEqual(await lint(text), []));
}

test("reports a sentence that is too long", async () => {
  const [finding] = await lint(`Short one. ${"`code` word, ".repeat(18)}.`);
  assert.match(finding ?? "", /^1: a sentence of 36 words, more than 35: split it: "… word, … word, /);
});

test("counts the lines of each passage from its first", async () => {
  const passages = [
    { line: 3, text: "Fine,\nand longer" },
    { line: 20, text: "Short.\n\nConnects anew." },
  ];
  assert.deepEqual(
    (await lintProse(passages)).map(({ line }) => line),
    [22],
  );
});
