import assert from "node:assert/strict";
import { test } from "node:test";
import { checkDocComment, checkTestName } from "./openings.js";
import type { DocComment } from "./typescript.js";

const good: readonly (readonly [DocComment["subject"], string])[] = [
  ["function", "Returns the name."],
  ["function", "Type-checks a program."],
  ["function", "Asserts that both are equal."],
  ["function", "Starts.\n\n@throws Error if it has been started."],
  ["function", "@throws TypeError if the target is invalid."],
  ["noun", "Options of a client."],
  ["noun", "Status of a call."],
  ["noun", "The first address."],
  ["noun", "`host:port` of the server."],
  ["noun", "@see https://grpc.io"],
  ["other", "Resolves with the status."],
  ["other", "Health: a client watches a service."],
];
for (const [subject, text] of good) {
  test(`accepts "${text}" for ${subject}`, () => assert.deepEqual(checkDocComment({ line: 1, text, subject }), []));
}

const bad: readonly (readonly [DocComment["subject"], string])[] = [
  ["function", "Whether a port is free."],
  ["function", "The middle one of some numbers."],
  ["function", "Variables of both terminals."],
  ["function", "Status of a call."],
  ["function", "{@link start} with variables."],
  ["noun", "What a process has in memory."],
  ["noun", "In milliseconds since 1970."],
  ["noun", "Keeps the names of all services."],
  ["noun", "Those between the buckets."],
  ["other", "For node:test: a reason."],
  ["other", "Where, by name, a server listens."],
];
for (const [subject, text] of bad) {
  test(`reports "${text}" for ${subject}`, () => {
    const [finding] = checkDocComment({ line: 7, text, subject });
    assert.equal(finding?.line, 7);
    assert.ok(finding.text.startsWith(`"${text}": start with a `), finding.text);
  });
}

test("reports the name of a test that opens like a relative clause or a fragment", () => {
  for (const text of ["what is no list is rejected", "of two flags the last wins"]) {
    const problem = `"${text}": say what happens, like "rejects a target without a host"`;
    assert.deepEqual(checkTestName({ line: 3, text }), [{ line: 3, text: problem }]);
  }
  assert.deepEqual(checkTestName({ line: 3, text: "rejects a list with two entries" }), []);
  assert.deepEqual(checkTestName({ line: 3, text: "… answers with a status" }), []);
});
