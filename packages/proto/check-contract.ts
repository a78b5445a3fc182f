/**
 * Proves that gen/ is hello.proto, without the compiler that wrote it: the official protoc reads the contract, and
 * an independent protobuf implementation speaks with the generated code in both directions.
 */
import assert from "node:assert/strict";
import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  create,
  createFileRegistry,
  type DescField,
  type DescMessage,
  type DescMethod,
  equals,
  fromBinary,
  type Message,
  ScalarType,
  toBinary,
} from "@bufbuild/protobuf";
import { reflect } from "@bufbuild/protobuf/reflect";
import { FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import type { Message as GeneratedMessage } from "google-protobuf";
import * as generatedServices from "./gen/hello_grpc_pb.js";
import * as generatedMessages from "./gen/hello_pb.js";

const contract = fromBinary(FileDescriptorSetSchema, descriptorSetByProtoc("hello.proto"));
const committed = fromBinary(FileDescriptorSetSchema, readFileSync(join(__dirname, "gen", "hello.binpb")));

try {
  assert.deepEqual(committed, contract, "gen/hello.binpb is another contract");
  for (const type of createFileRegistry(contract)) {
    if (type.kind === "message") {
      checkMessage(type);
    } else if (type.kind === "service") {
      const service = generated<ServiceDefinition>(generatedServices, `${type.name}Service`);
      assert.deepEqual(
        Object.keys(service),
        type.methods.map((method) => method.localName),
      );
      for (const method of type.methods) {
        checkMethod(service[method.localName], method);
      }
    }
  }
  console.log("gen/ is the contract of hello.proto.");
} catch (error) {
  if (!(error instanceof Error)) {
    throw error;
  }
  console.error(
    `${error.message}\n\ngen/ is not the contract of hello.proto. Run "pnpm generate" and commit what it writes.`,
  );
  process.exitCode = 1;
}

function descriptorSetByProtoc(file: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "hello-contract-"));
  try {
    const output = join(folder, "contract.binpb");
    const args = [
      require.resolve("protoc/protoc.cjs"),
      "-I.",
      "--include_imports",
      `--descriptor_set_out=${output}`,
      file,
    ];
    execFileSync(process.execPath, args, { cwd: __dirname, stdio: "inherit" });
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

function checkMethod(method: MethodDefinition<unknown, unknown> | undefined, contract: DescMethod): void {
  const { requestType, responseType, path, requestStream, responseStream } = (method ?? {}) as Record<string, unknown>;
  assert.deepEqual(
    { path, requestStream, responseStream, requestType, responseType },
    {
      path: `/${contract.parent.typeName}/${contract.name}`,
      requestStream: contract.methodKind === "client_streaming" || contract.methodKind === "bidi_streaming",
      responseStream: contract.methodKind === "server_streaming" || contract.methodKind === "bidi_streaming",
      requestType: generated(generatedMessages, contract.input.name),
      responseType: generated(generatedMessages, contract.output.name),
    },
    `gen/hello_grpc_pb.js has another ${contract}`,
  );
}

/** Fills every field, sends the message through the generated code, and expects it back whole. */
function checkMessage(type: DescMessage): void {
  const Generated = generated<typeof GeneratedMessage>(generatedMessages, type.name);
  const sent = sample(type);
  const received = Generated.deserializeBinary(toBinary(type, sent));
  for (const field of type.fields) {
    const property = sent[field.localName as keyof Message];
    if (field.fieldKind === "scalar" && typeof property === "string") {
      assert.equal(received.toObject()[field.jsonName as never], property, `gen/hello_pb.js reads another ${field}`);
    }
  }
  const returned = fromBinary(type, received.serializeBinary());
  assert.ok(equals(type, returned, sent), `gen/hello_pb.js loses or changes a field of ${type}`);
}

function sample(type: DescMessage): Message {
  const message = create(type);
  const view = reflect(type, message);
  for (const field of type.fields) {
    view.set(field, sampleValue(field));
  }
  return message;
}

function sampleValue(field: DescField): string {
  if (field.fieldKind === "scalar" && field.scalar === ScalarType.STRING) {
    return `${field.name} ✓`;
  }
  throw new Error(`${field} is of a kind that check-contract.ts has no sample for yet; add one to sampleValue()`);
}

function generated<Type>(module: object, name: string): Type {
  const value: unknown = Reflect.get(module, name);
  assert.ok(value !== undefined, `gen/ has no ${name}`);
  return value as Type;
}
