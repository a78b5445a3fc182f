import assert from "node:assert/strict";
import { test } from "node:test";
import { progressText } from "./progress-bar.js";

const halfway = { count: 50_000, unit: "names", position: 250_000, elapsedMs: 10_000 };

test("a progress bar shows how much is done, how fast, and how long the rest will take", () => {
  assert.equal(
    progressText({ ...halfway, total: 500_000 }),
    "[============            ] 50%  50,000 names, 5,000/s, 0:10 left",
  );
  assert.equal(
    progressText({ ...halfway, total: 250_000 }),
    "[========================] 100%  50,000 names, 5,000/s, 0:00 left",
  );
  assert.match(progressText({ ...halfway, position: 1, total: 1_000 }), / 2:46:30 left$/);
});

test("a progress bar shows no share of a whole that is not known, or not begun", () => {
  assert.equal(progressText({ ...halfway, total: undefined }), "50,000 names, 5,000/s");
  assert.equal(progressText({ ...halfway, total: 0 }), "50,000 names, 5,000/s");
  assert.equal(progressText({ ...halfway, total: 100 }), "50,000 names, 5,000/s");
  assert.equal(
    progressText({ ...halfway, count: 0, position: 0, total: 100 }),
    "[                        ] 0%  0 names, 0/s",
  );
});
