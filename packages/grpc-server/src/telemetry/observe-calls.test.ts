import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { observeCalls } from "./observe-calls.js";

test("with no SDK and no debug log there is no interceptor", () => {
  assert.deepEqual(observeCalls(pino({ level: "info" })), []);
});
