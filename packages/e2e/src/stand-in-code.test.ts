import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { messagesCode, serviceCode } from "./stand-in-code.js";

const packages = new URL("../../", import.meta.url);
const contracts = [
  { name: "hello", proto: "proto/protos/hello.proto", gen: "proto/gen/", hasSimpleMessages: true },
  { name: "echo", proto: "testing/protos/echo.proto", gen: "testing/gen/", hasSimpleMessages: false },
  { name: "clock", proto: "e2e/fixtures/clock/clock.proto", gen: "e2e/fixtures/clock/", hasSimpleMessages: true },
];

for (const { name, proto, gen, hasSimpleMessages } of contracts) {
  test(`the stand-in writes the same code as the compiler for ${name}.proto`, () => {
    const read = (path: string) => readFileSync(new URL(path, packages), "utf8");
    assert.equal(serviceCode(name, read(proto)), read(`${gen}${name}_grpc_pb.js`));
    if (hasSimpleMessages) {
      assert.equal(messagesCode(name, read(proto)), read(`${gen}${name}_pb.js`));
    }
  });
}
