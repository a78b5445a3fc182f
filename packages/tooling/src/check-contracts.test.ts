import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { copyPackage } from "../test/package-copy.js";

for (const name of ["proto", "grpc-common", "testing"]) {
  test(`accepts the contracts of ${name}`, async () => {
    using copy = copyPackage(name);
    assert.deepEqual(await copy.run("check-contracts.js"), { status: 0, stdout: "", stderr: "" });
  });
}

const proto = "protos/hello.proto";

describe("reports the problem and the remedy after", { concurrency: 2 }, () => {
  const generate = /gen\/descriptors\.binpb does not match protos\/\. Run "pnpm generate" and commit gen\//;
  const undo = /The contract is incompatible with the released one\. Undo the change/;
  const changes: readonly (readonly [string, string, string | RegExp, string, ...RegExp[]])[] = [
    ["a changed field number", proto, "value = 1", "value = 2", generate, undo, /hello\.proto.+field "1".+"value"/],
    [
      "a changed field and a removed method",
      proto,
      /string value([\s\S]*)rpc Hello/,
      "bytes name$1rpc Greet",
      generate,
      undo,
      /hello\.proto.+"1".+changed name from "value"/,
      /hello\.proto.+"1".+changed type from "string"/,
      /hello\.proto.+RPC "Hello"/,
    ],
    ["a changed path", proto, '"proto3";', '"proto3"; package hello.v1;', generate, undo, /hello\.v1/],
    ["a style that buf rejects", proto, "string value", "string Value", /Fix the style.+\n.*hello\.proto:7.+"Value"/],
    ["a syntax error", proto, "message", "massage", /protos\/ does not compile\. Fix these errors:\nhello\.proto:5/],
    ["an edited descriptor set", "gen/descriptors.binpb", "\x18\x01", "\x18\x02", generate],
  ];
  for (const [description, file, search, replacement, ...findings] of changes) {
    test(description, async () => {
      using copy = copyPackage();
      copy.replace(file, search, replacement);
      const { status, stderr } = await copy.run("check-contracts.js");
      assert.equal(status, 1);
      for (const finding of findings) {
        assert.match(stderr, finding);
      }
      assert.doesNotMatch(stderr, /^ +at /m);
    });
  }
});

test("finds a changed field number in a contract that was never released", async () => {
  using copy = copyPackage("grpc-common");
  copy.replace("protos/google/rpc/error_details.proto", "= 1", "= 9");
  const { status, stderr } = await copy.run("check-contracts.js");
  assert.equal(status, 1);
  assert.match(stderr, /^gen\/descriptors\.binpb does not match protos\/\. Run "pnpm generate"/);
});

test("accepts a new contract in addition to the released ones", async () => {
  using copy = copyPackage();
  copy.write("protos/clock.proto", 'syntax = "proto3"; package clock.v1; service Clock {}');
  const { stderr } = await copy.run("check-contracts.js");
  assert.match(stderr, /^gen\/descriptors\.binpb does not match protos\/\. .+\n$/);
});

test("checks every package from the root of the repository", async () => {
  using copy = copyPackage();
  copy.replace(proto, "value = 1", "value = 2");
  const { status, stderr } = await copy.run("check-contracts.js", [], {}, "../..");
  assert.equal(status, 1);
  assert.match(stderr, /^packages\/proto: gen\/descriptors\.binpb does not match/);
});
