import assert from "node:assert/strict";
import { test } from "node:test";
import { pino } from "pino";
import { observeCalls } from "./observe-calls.js";

test("creates no interceptor without an SDK and a debug log", () => {
  assert.deepEqual(observeCalls(pino({ level: "info" })), []);
});
