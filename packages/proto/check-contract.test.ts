import assert from "node:assert/strict";
import { describe, test } from "node:test";
import { copyPackage } from "./package-copy.js";

const whatToDo = /gen\/ is not the contract of hello\.proto\. Run "pnpm generate" and commit what it writes\.\n$/;

test("what is committed is the contract", async () => {
  using copy = copyPackage();
  const { status, stdout, stderr } = await copy.run("check-contract.ts", {});
  assert.equal(status, 0, stderr);
  assert.equal(stdout, "gen/ is the contract of hello.proto.\n");
});

const proto = "hello.proto";
const messages = "gen/hello_pb.js";
const services = "gen/hello_grpc_pb.js";
const descriptors = "gen/hello.binpb";

describe("a change is refused with a sentence that says what to run", { concurrency: 2 }, () => {
  const changes: readonly (readonly [string, string, string | RegExp, string])[] = [
    ["a field's number", proto, "value = 1", "value = 2"],
    ["a field's name", proto, "string value", "string name"],
    ["a field's type", proto, "string value", "bytes value"],
    ["a path", proto, '"proto3";', '"proto3"; package hello;'],
    ["a contract that is none", proto, "message", "massage"],

    ["the field's number as read", messages, "case 1:", "case 2:"],
    ["the field's number as written", messages, /writeString\(\s+1,/, "writeString(2,"],
    ["the field's type as read", messages, "reader.readString()", "reader.readBytes()"],
    ["the field's type as written", messages, "writer.writeString", "writer.writeBytes"],
    [
      "the getter's field",
      messages,
      'getFieldWithDefault(this, 1, ""));\n};',
      'getFieldWithDefault(this, 2, ""));\n};',
    ],
    ["the setter's field", messages, "setProto3StringField(this, 1", "setProto3StringField(this, 2"],
    ["the field's name", messages, /\b([gs])etValue\b/g, "$1etName"],
    ["code that is none", messages, "function", "fonction"],
    ["the path", services, "path: '/Hello/Hello'", "path: '/hello.Hello/Hello'"],
    ["the method's name", services, "hello: {", "greet: {"],
    ["the streaming of requests", services, "requestStream: false", "requestStream: true"],
    ["the streaming of responses", services, "responseStream: false", "responseStream: true"],
    ["the request's type", services, "requestType: hello_pb.HelloRequest", "requestType: hello_pb.HelloResponse"],
    ["the request's decoder", services, "hello_pb.HelloRequest.deserialize", "hello_pb.HelloResponse.deserialize"],
    ["the response's encoder", services, "Serialize: serialize_HelloResponse", "Serialize: serialize_HelloRequest"],
    ["the descriptor's field number", descriptors, "\x18\x01", "\x18\x02"],
    ["a descriptor that is none", descriptors, "\x0a", "\x0b"],
  ];
  for (const [what, file, search, replacement] of changes) {
    test(`${what} in ${file}`, async () => {
      using copy = copyPackage();
      copy.replace(file, search, replacement);
      const { status, stderr } = await copy.run("check-contract.ts", {});
      assert.equal(status, 1, stderr);
      assert.match(stderr, whatToDo);
      assert.doesNotMatch(stderr, /^ +at /m);
    });
  }
});
