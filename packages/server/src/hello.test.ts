import assert from "node:assert/strict";
import { test } from "node:test";
import { hello } from "./hello.js";

test("greets by name", () => {
  assert.equal(hello("World"), "Hello World");
});

test("the empty name is a name", () => {
  assert.equal(hello(""), "Hello ");
});
