/**
 * Proves that gen/ is hello.proto, without the compiler that wrote it: the official protoc reads the contract, and
 * an independent protobuf implementation speaks with the generated code in both directions.
 */
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
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

try {
  const descriptors = compile("hello.proto");
  const committed = readFileSync(join(__dirname, "gen/hello.binpb"));
  assert.ok(committed.equals(descriptors), "gen/hello.binpb is another contract");
  for (const type of createFileRegistry(fromBinary(FileDescriptorSetSchema, descriptors))) {
    if (type.kind === "message") {
      checkMessage(type);
    } else if (type.kind === "service") {
      const service = generated<ServiceDefinition>("hello_grpc_pb", `${type.name}Service`);
      const names = type.methods.map((method) => method.localName);
      assert.deepEqual(Object.keys(service), names, `gen/hello_grpc_pb.js has other methods`);
      for (const method of type.methods) {
        checkMethod(service[method.localName], method);
      }
    }
  }
  console.log("gen/ is the contract of hello.proto.");
} catch (error) {
  console.error(`${error instanceof Error ? error.message : error}

gen/ is not the contract of hello.proto. Run "pnpm generate" and commit what it writes.`);
  process.exitCode = 1;
}

/** The descriptor set of the contract as the official compiler reads it. */
function compile(file: string): Buffer {
  const folder = mkdtempSync(join(tmpdir(), "hello-contract-"));
  try {
    const output = join(folder, "contract.binpb");
    const args = ["-I.", "--include_imports", `--descriptor_set_out=${output}`, file];
    const { status, stderr } = spawnSync(process.execPath, [require.resolve("protoc/protoc.cjs"), ...args], {
      cwd: __dirname,
      encoding: "utf8",
    });
    assert.equal(status, 0, stderr);
    return readFileSync(output);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Reads a message with every field filled, makes one anew, and expects both back as they were. */
function checkMessage(type: DescMessage): void {
  const Generated = generated<typeof GeneratedMessage>("hello_pb", type.name);
  const sent = sample(type);
  const read = Generated.deserializeBinary(toBinary(type, sent));
  const made = new (Generated as unknown as new () => GeneratedMessage)();
  for (const field of type.fields) {
    const name = field.localName.replace(/^./, (initial) => initial.toUpperCase());
    assert.equal(accessor(read, `get${name}`)(), sampleValue(field), `gen/hello_pb.js reads another ${field}`);
    accessor(made, `set${name}`)(sampleValue(field));
  }
  for (const message of [read, made]) {
    const returned = fromBinary(type, message.serializeBinary());
    assert.ok(equals(type, returned, sent), `gen/hello_pb.js writes another ${type}`);
  }
}

function checkMethod(method: MethodDefinition<unknown, unknown> | undefined, contract: DescMethod): void {
  const where = `gen/hello_grpc_pb.js has another ${contract}`;
  assert.ok(method, where);
  const { path, requestStream, responseStream } = method;
  const { methodKind, input, output } = contract;
  assert.deepEqual(
    { path, requestStream, responseStream },
    {
      path: `/${contract.parent.typeName}/${contract.name}`,
      requestStream: methodKind === "client_streaming" || methodKind === "bidi_streaming",
      responseStream: methodKind === "server_streaming" || methodKind === "bidi_streaming",
    },
    where,
  );
  const { requestType, responseType } = method as unknown as Record<string, unknown>;
  for (const [type, messageType, deserialize, serialize] of [
    [input, requestType, method.requestDeserialize, method.requestSerialize],
    [output, responseType, method.responseDeserialize, method.responseSerialize],
  ] as const) {
    assert.equal(messageType, generated("hello_pb", type.name), where);
    const bytes = Buffer.from(toBinary(type, sample(type)));
    const message = deserialize(bytes);
    assert.equal((message as object).constructor, messageType, where);
    assert.ok(serialize(message).equals(bytes), where);
  }
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

function accessor(message: GeneratedMessage, name: string): (value?: unknown) => unknown {
  const method: unknown = Reflect.get(message, name);
  assert.ok(typeof method === "function", `gen/hello_pb.js has no ${name}()`);
  return method.bind(message);
}

/** Loaded late, so that what cannot be loaded is reported like what is wrong. */
function generated<Type>(file: "hello_pb" | "hello_grpc_pb", name: string): Type {
  const value: unknown = Reflect.get(require(`./gen/${file}.js`) as object, name);
  assert.ok(value !== undefined, `gen/${file}.js has no ${name}`);
  return value as Type;
}
