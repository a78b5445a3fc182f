import assert from "node:assert/strict";
import { test } from "node:test";
import { loadErrorDetailsProtocol } from "@hello/grpc-common";
import { retryInfo } from "./error-details.js";

test("encodes a delay of any length", () => {
  for (const [delayMs, seconds, nanos] of [
    [0, 0, 0],
    [999, 0, 999_000_000],
    [86_400_001, 86_400, 1_000_000],
  ] as const) {
    const { retryDelay } = loadErrorDetailsProtocol().RetryInfo.deserializeBinary(retryInfo(delayMs).value).toObject();
    assert.deepEqual(retryDelay, { seconds, nanos });
  }
});

test("rejects a delay that is negative or not a whole number", () => {
  for (const delayMs of [-1, 0.5, Number.NaN, Number.POSITIVE_INFINITY]) {
    assert.throws(() => retryInfo(delayMs), /^TypeError: delayMs must be a whole number from 0/);
  }
});
