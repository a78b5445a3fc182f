import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { DescriptorProto, FileDescriptorProto } from "google-protobuf/google/protobuf/descriptor_pb.js";
import { readBytes, readFields } from "./codec.js";
import { healthDescriptor } from "./health-descriptor.js";
import { StrictReader } from "./strict-utf8.js";

/** A .proto file, as compiled. */
export interface DescribedFile {
  readonly name: string;
  /** Names of the files that it imports. */
  readonly imports: readonly string[];
  /** Full names of its services. */
  readonly services: readonly string[];
  /** Full names of all that it declares: services, methods, messages, fields, enums and their values. */
  readonly symbols: readonly string[];
  /** The encoded `google.protobuf.FileDescriptorProto`. */
  readonly bytes: Uint8Array;
}

/** Describes the files of the contract, imports included, for server reflection. */
export function describeContract(): DescribedFile[] {
  return describeFiles(readFileSync(join(__dirname, "..", "gen", "hello.binpb")));
}

/** Describes the gRPC health checking protocol, for server reflection. */
export function describeHealth(): DescribedFile[] {
  return describeFiles(Buffer.from(healthDescriptor, "base64"));
}

/** Describes each file of an encoded `google.protobuf.FileDescriptorSet`. */
function describeFiles(descriptorSet: Uint8Array): DescribedFile[] {
  // Loaded here, for few ever ask.
  const { FileDescriptorProto } =
    require("google-protobuf/google/protobuf/descriptor_pb.js") as typeof import("google-protobuf/google/protobuf/descriptor_pb.js");
  const files: DescribedFile[] = [];
  const set = new StrictReader(descriptorSet);
  const describe = (bytes: Uint8Array) => {
    const file = FileDescriptorProto.deserializeBinary(bytes);
    const services = file.getServiceList().map((service) => fullName(file.getPackage(), service.getName()));
    files.push({
      name: file.getName() ?? "",
      imports: file.getDependencyList(),
      services,
      symbols: symbolsOf(file),
      bytes,
    });
  };
  readFields(set, { 1: () => describe(readBytes(set)) });
  return files;
}

function symbolsOf(file: FileDescriptorProto): string[] {
  const scope = file.getPackage() ?? "";
  const services = file.getServiceList().flatMap((service) => {
    const name = fullName(scope, service.getName());
    return [name, ...service.getMethodList().map((method) => fullName(name, method.getName()))];
  });
  const enums = file.getEnumTypeList().flatMap((type) => enumSymbols(scope, type));
  return [...services, ...enums, ...file.getMessageTypeList().flatMap((type) => messageSymbols(scope, type))];
}

function messageSymbols(scope: string, message: DescriptorProto): string[] {
  const name = fullName(scope, message.getName());
  return [
    name,
    ...message.getFieldList().map((field) => fullName(name, field.getName())),
    ...message.getOneofDeclList().map((oneof) => fullName(name, oneof.getName())),
    ...message.getEnumTypeList().flatMap((type) => enumSymbols(name, type)),
    ...message.getNestedTypeList().flatMap((type) => messageSymbols(name, type)),
  ];
}

/** The values of an enum are named beside it, not within it. */
function enumSymbols(scope: string, type: ReturnType<DescriptorProto["getEnumTypeList"]>[number]): string[] {
  return [fullName(scope, type.getName()), ...type.getValueList().map((value) => fullName(scope, value.getName()))];
}

function fullName(scope: string | undefined, name: string | undefined): string {
  return scope ? `${scope}.${name}` : (name ?? "");
}
