import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { test } from "node:test";
import { fromBinary } from "@bufbuild/protobuf";
import { type FileDescriptorProto, FileDescriptorProtoSchema, FileDescriptorSetSchema } from "@bufbuild/protobuf/wkt";
import { type DescribedFile, describeContract, describeHealth } from "./describe-contract.js";

/** What the official protoc makes of a file, under the name that it shall have. */
function compile(file: string, name: string): FileDescriptorProto[] {
  const folder = mkdtempSync(join(tmpdir(), "hello-describe-"));
  try {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    cpSync(file, join(folder, name));
    const output = join(folder, "descriptors.binpb");
    const args = [require.resolve("protoc/protoc.cjs"), `-I${folder}`, `--descriptor_set_out=${output}`, name];
    const { status, stderr } = spawnSync(process.execPath, args, { encoding: "utf8" });
    assert.equal(status, 0, stderr);
    return fromBinary(FileDescriptorSetSchema, readFileSync(output)).file;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function decode(files: readonly DescribedFile[]): FileDescriptorProto[] {
  return files.map(({ bytes }) => fromBinary(FileDescriptorProtoSchema, bytes));
}

test("the contract is described as the official compiler sees it", () => {
  const files = describeContract();
  assert.deepEqual(decode(files), compile(join(__dirname, "..", "hello.proto"), "hello.proto"));
  assert.deepEqual(
    files.map(({ name, imports, services }) => ({ name, imports, services })),
    [{ name: "hello.proto", imports: [], services: ["Hello"] }],
  );
  assert.deepEqual(
    files.flatMap(({ symbols }) => symbols),
    ["Hello", "Hello.Hello", "HelloRequest", "HelloRequest.value", "HelloResponse", "HelloResponse.value"],
  );
});

test("health is described as the official compiler sees the official file", () => {
  const official = join(dirname(require.resolve("grpc-health-check/package.json")), "proto/health/v1/health.proto");
  const files = describeHealth();
  assert.deepEqual(decode(files), compile(official, "grpc/health/v1/health.proto"));
  assert.deepEqual(
    files.flatMap(({ services }) => services),
    ["grpc.health.v1.Health"],
  );
});

test("the symbols of a file are named as its language has them", () => {
  const [health] = describeHealth();
  for (const symbol of [
    "grpc.health.v1.Health.Watch",
    "grpc.health.v1.HealthCheckResponse.ServingStatus",
    // Values of an enum stand beside it.
    "grpc.health.v1.HealthCheckResponse.NOT_SERVING",
    "grpc.health.v1.HealthListResponse.StatusesEntry.key",
  ]) {
    assert.ok(health?.symbols.includes(symbol), symbol);
  }
});
