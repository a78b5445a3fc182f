import assert from "node:assert/strict";
import { test } from "node:test";
import { checkComment, checkTestName } from "./openings.js";
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
  test(`accepts "${text}" for ${subject}`, () => assert.equal(checkComment({ line: 1, text, subject }), undefined));
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
    assert.match(checkComment({ line: 1, text, subject }) ?? "", /^start with a /);
  });
}

test("reports the name of a test that does not say what happens", () => {
  assert.match(checkTestName("what is no list is rejected") ?? "", /^say what happens/);
  assert.match(checkTestName("of two flags the last wins") ?? "", /^say what happens/);
  assert.equal(checkTestName("rejects a list with two entries"), undefined);
  assert.equal(checkTestName("… answers with a status"), undefined);
});
