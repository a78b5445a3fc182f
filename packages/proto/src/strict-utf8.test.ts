import assert from "node:assert/strict";
import { test } from "node:test";
import { HelloService, strictUtf8 } from "./index.js";

const { hello } = strictUtf8(HelloService);

test("what follows a malformed message is decoded as ever", () => {
  for (const malformed of ["0a05", "0a01ff", "0800", "0b", "0c", "00", "ffffffffffffffffffff01"]) {
    assert.throws(() => hello.requestDeserialize(Buffer.from(malformed, "hex")), malformed);
    assert.equal(hello.requestDeserialize(Buffer.from("0a0341646f", "hex")).getValue(), "Ado");
  }
});
