import { readFileSync } from "node:fs";
import { BinaryReader } from "google-protobuf";
import type {
  DescriptorProto,
  EnumDescriptorProto,
  FieldDescriptorProto,
  FileDescriptorProto,
} from "google-protobuf/google/protobuf/descriptor_pb.js";

/** Compiled .proto file. */
export interface DescribedFile {
  readonly name: string;
  /** Names of the imported files. */
  readonly imports: readonly string[];
  /** Full names of its services, methods, messages, fields, oneofs, enums, enum values and extensions. */
  readonly symbols: readonly string[];
  /** Extensions it declares: full name of the extended message, and field number. */
  readonly extensions: readonly { readonly type: string; readonly number: number }[];
  /** Encoded `google.protobuf.FileDescriptorProto`. */
  readonly bytes: Uint8Array;
}

/** Property of a service definition that holds the path of its compiled descriptor set. */
export const descriptorSetKey = Symbol.for("grpc.descriptorSet");

/** Parts of a service definition that may hold descriptors. */
interface Definition {
  readonly [descriptorSetKey]?: string;
  readonly [method: string]: { readonly requestType?: { readonly fileDescriptorProtos?: readonly Uint8Array[] } };
}

/**
 * Returns the files that a service definition was compiled from, including imports. Reads the descriptor set attached
 * to it, or else the descriptors stored by proto-loader. Returns an empty list if it has neither.
 *
 * @throws Error if the descriptor set cannot be read.
 */
export function describeService(definition: object): DescribedFile[] {
  const service = definition as Definition;
  const path = service[descriptorSetKey];
  if (path !== undefined) {
    return splitSet(readFileSync(path)).map(describeFile);
  }
  const [method] = Object.values(service);
  return (method?.requestType?.fileDescriptorProtos ?? []).map(describeFile);
}

/** Splits an encoded `google.protobuf.FileDescriptorSet` into its files, without re-encoding them. */
function splitSet(descriptorSet: Uint8Array): Uint8Array[] {
  const files: Uint8Array[] = [];
  const reader = new BinaryReader(descriptorSet);
  while (reader.nextField()) {
    files.push(reader.readBytes() as Uint8Array);
  }
  return files;
}

function describeFile(bytes: Uint8Array): DescribedFile {
  // Loaded lazily, because few clients use reflection.
  const { FileDescriptorProto } =
    require("google-protobuf/google/protobuf/descriptor_pb.js") as typeof import("google-protobuf/google/protobuf/descriptor_pb.js");
  const file = FileDescriptorProto.deserializeBinary(bytes);
  const scope = file.getPackage() ?? "";
  const messages = file.getMessageTypeList();
  return {
    name: file.getName() ?? "",
    imports: file.getDependencyList(),
    symbols: [
      ...listServiceSymbols(scope, file),
      ...file.getEnumTypeList().flatMap((type) => listEnumSymbols(scope, type)),
      ...messages.flatMap((type) => listMessageSymbols(scope, type)),
      ...file.getExtensionList().map((extension) => fullName(scope, extension.getName())),
    ],
    extensions: [...file.getExtensionList(), ...messages.flatMap(listNestedExtensions)].map((extension) => ({
      // protoc adds a leading dot.
      type: (extension.getExtendee() ?? "").slice(1),
      number: extension.getNumber() ?? 0,
    })),
    bytes,
  };
}

function listServiceSymbols(scope: string, file: FileDescriptorProto): string[] {
  return file.getServiceList().flatMap((service) => {
    const name = fullName(scope, service.getName());
    return [name, ...service.getMethodList().map((method) => fullName(name, method.getName()))];
  });
}

function listMessageSymbols(scope: string, message: DescriptorProto): string[] {
  const name = fullName(scope, message.getName());
  return [
    name,
    ...message.getFieldList().map((field) => fullName(name, field.getName())),
    ...message.getOneofDeclList().map((oneof) => fullName(name, oneof.getName())),
    ...message.getEnumTypeList().flatMap((type) => listEnumSymbols(name, type)),
    ...message.getNestedTypeList().flatMap((type) => listMessageSymbols(name, type)),
    ...message.getExtensionList().map((extension) => fullName(name, extension.getName())),
  ];
}

function listNestedExtensions(message: DescriptorProto): FieldDescriptorProto[] {
  return [...message.getExtensionList(), ...message.getNestedTypeList().flatMap(listNestedExtensions)];
}

/** Returns the full names of an enum and its values. In protobuf, values are siblings of their enum. */
function listEnumSymbols(scope: string, type: EnumDescriptorProto): string[] {
  return [fullName(scope, type.getName()), ...type.getValueList().map((value) => fullName(scope, value.getName()))];
}

function fullName(scope: string, name = ""): string {
  return scope ? `${scope}.${name}` : name;
}
