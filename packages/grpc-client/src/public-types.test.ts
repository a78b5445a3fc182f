import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

test("exposes no types of grpc-js, so that two copies of grpc-js can coexist", () => {
  const report = readFileSync(new URL("../api.md", import.meta.url), "utf8");
  assert.ok(report.includes("Types from other packages: @hello/grpc-common."));
});
