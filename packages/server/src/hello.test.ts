import assert from "node:assert/strict";
import { test } from "node:test";
import { hello } from "./hello.js";

test("greets a name", () => {
  assert.equal(hello("World"), "Hello World");
});

test("accepts an empty name", () => {
  assert.equal(hello(""), "Hello ");
});
