import assert from "node:assert/strict";
import { test } from "node:test";
import {
  DescriptorProto,
  EnumDescriptorProto,
  EnumValueDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
  OneofDescriptorProto,
} from "google-protobuf/google/protobuf/descriptor_pb.js";
import { describeService } from "./descriptors.js";
import { loadHealthProtocol } from "./protocols.js";

test("describes a compiled service from the descriptor set of its package", () => {
  const files = describeService(loadHealthProtocol().HealthService);
  const health = files.find(({ name }) => name === "grpc/health/v1/health.proto");
  const symbols = [
    "grpc.health.v1.Health",
    "grpc.health.v1.Health.Watch",
    "grpc.health.v1.HealthCheckRequest.service",
    "grpc.health.v1.HealthCheckResponse.ServingStatus",
    "grpc.health.v1.HealthCheckResponse.SERVING",
  ];
  for (const symbol of symbols) {
    assert.ok(health?.symbols.includes(symbol), symbol);
  }
  const file = FileDescriptorProto.deserializeBinary(health?.bytes ?? Buffer.of());
  assert.equal(file.getPackage(), "grpc.health.v1");
});

test("lists the imports of a file", () => {
  const files = describeService(loadHealthProtocol().HealthService);
  const status = files.find(({ name }) => name === "google/rpc/status.proto");
  assert.deepEqual(status?.imports, ["google/protobuf/any.proto"]);
});

test("describes a service loaded by proto-loader, with nested types, oneofs and extensions", () => {
  const extension = new FieldDescriptorProto()
    .setName("note")
    .setNumber(50_000)
    .setExtendee(".google.protobuf.FieldOptions");
  const inner = new DescriptorProto()
    .setName("Inner")
    .setEnumTypeList([
      new EnumDescriptorProto().setName("Color").setValueList([new EnumValueDescriptorProto().setName("RED")]),
    ])
    .setExtensionList([extension]);
  const outer = new DescriptorProto()
    .setName("Outer")
    .setNestedTypeList([inner])
    .setOneofDeclList([new OneofDescriptorProto().setName("choice")]);
  const bytes = new FileDescriptorProto()
    .setName("a.proto")
    .setPackage("a.v1")
    .setMessageTypeList([outer])
    .serializeBinary();

  const [file] = describeService({ Do: { requestType: { fileDescriptorProtos: [bytes] } } });
  assert.deepEqual(file?.symbols, [
    "a.v1.Outer",
    "a.v1.Outer.choice",
    "a.v1.Outer.Inner",
    "a.v1.Outer.Inner.Color",
    "a.v1.Outer.Inner.RED",
    "a.v1.Outer.Inner.note",
  ]);
  assert.deepEqual(file.extensions, [{ type: "google.protobuf.FieldOptions", number: 50_000 }]);
});

test("returns no files for a service without descriptors", () => {
  assert.deepEqual(describeService({ Do: {} }), []);
});
