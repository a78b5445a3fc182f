import assert from "node:assert/strict";
import { test } from "node:test";
import { badRequestDetail, encodeRichStatus } from "./rich-status.js";

test("a status with a bad request is what Google's own code writes", () => {
  const details = [
    badRequestDetail([
      { field: "value", description: "must not be 👩‍🚀" },
      { field: "addresses[0].street", description: "missing" },
    ]),
  ];
  // Written by the Python package googleapis-common-protos 1.75.5.
  const expected =
    "0803120832206669656c64731a6f0a29747970652e676f6f676c65617069732e636f6d2f676f6f676c652e7270632e4261645265717565" +
    "737412420a200a0576616c756512176d757374206e6f7420626520f09f91a9e2808df09f9a800a1e0a136164647265737365735b305d2e" +
    "73747265657412076d697373696e67";
  assert.equal(encodeRichStatus({ code: 3, message: "2 fields", details }).toString("hex"), expected);
});

test("half a surrogate pair, as cutting a text leaves it, is replaced", () => {
  const half = "👩".slice(0, 1);
  const { value } = badRequestDetail([{ field: half, description: half }]);
  assert.equal(Buffer.from(value).toString("hex"), "0a0a0a03efbfbd1203efbfbd");
  assert.equal(encodeRichStatus({ code: 3, message: half, details: [] }).toString("hex"), "08031203efbfbd");
});
