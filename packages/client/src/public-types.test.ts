import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("the public types need no types of grpc-js, so that two copies of it do no harm", () => {
  const report = readFileSync(new URL("../api.md", import.meta.url), "utf8");
  assert.match(report, /^Types of other packages that they need: none\.$/m);
});
