/**
 * The gRPC server reflection protocol, of which v1 and v1alpha differ in name alone.
 *
 * Written by hand: the library for it lists a service without a package under a wrong name, `.Hello`.
 *
 * @see https://github.com/grpc/grpc/blob/master/doc/server-reflection.md
 */
import type { MethodDefinition } from "@grpc/grpc-js";
import { codec, methodDefinition, readBytes, readFields } from "./codec.js";
import { StrictReader, StrictWriter } from "./strict-utf8.js";

/** What a client asks: one of these. */
export type ReflectionQuery =
  | { readonly kind: "fileByFilename"; readonly name: string }
  | { readonly kind: "fileContainingSymbol"; readonly symbol: string }
  | { readonly kind: "fileContainingExtension"; readonly type: string; readonly number: number }
  | { readonly kind: "allExtensionNumbersOfType"; readonly type: string }
  | { readonly kind: "listServices" };

/** A request: what is asked, and its encoding, which the response repeats. */
export interface ReflectionRequest {
  readonly host: string;
  /** `undefined` where the client asks what this version of the protocol does not know. */
  readonly query: ReflectionQuery | undefined;
  readonly bytes: Uint8Array;
}

/** What is answered: one of these. */
export type ReflectionAnswer =
  | { readonly kind: "files"; readonly files: readonly Uint8Array[] }
  | { readonly kind: "extensionNumbers"; readonly type: string; readonly numbers: readonly number[] }
  | { readonly kind: "services"; readonly names: readonly string[] }
  | { readonly kind: "error"; readonly code: number; readonly message: string };

/** A response to a request. */
export interface ReflectionResponse {
  readonly request: ReflectionRequest;
  readonly answer: ReflectionAnswer;
}

const request = codec<ReflectionRequest>(
  () => {
    throw new TypeError("only clients send reflection requests");
  },
  (reader) => {
    const bytes = reader.getBuffer();
    let host = "";
    let query: ReflectionQuery | undefined;
    readFields(reader, {
      1: () => (host = reader.readString()),
      3: () => (query = { kind: "fileByFilename", name: reader.readString() }),
      4: () => (query = { kind: "fileContainingSymbol", symbol: reader.readString() }),
      5: () => (query = { kind: "fileContainingExtension", ...readExtension(readBytes(reader)) }),
      6: () => (query = { kind: "allExtensionNumbersOfType", type: reader.readString() }),
      7: () => {
        reader.readString();
        query = { kind: "listServices" };
      },
    });
    return { host, query, bytes };
  },
);

const response = codec<ReflectionResponse>(
  ({ request, answer }, writer) => {
    const [field, message] = answerField(answer);
    writer.writeString(1, request.host);
    writer.writeBytes(2, request.bytes);
    writer.writeBytes(field, message.getResultBuffer());
  },
  () => {
    throw new TypeError("only servers send reflection responses");
  },
);

/** The definition of `grpc.reflection.<version>.ServerReflection`, for servers. */
export function reflectionService(version: "v1" | "v1alpha"): {
  readonly serverReflectionInfo: MethodDefinition<ReflectionRequest, ReflectionResponse>;
} {
  return {
    serverReflectionInfo: methodDefinition(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, {
      request,
      response,
      requestStream: true,
      responseStream: true,
    }),
  };
}

function readExtension(bytes: Uint8Array): { type: string; number: number } {
  const reader = new StrictReader(bytes);
  let type = "";
  let number = 0;
  readFields(reader, {
    1: () => (type = reader.readString()),
    2: () => (number = reader.readInt32()),
  });
  return { type, number };
}

/** The number of an answer's field in the response, and its message. */
function answerField(answer: ReflectionAnswer): [field: number, message: StrictWriter] {
  const writer = new StrictWriter();
  switch (answer.kind) {
    case "files":
      writer.writeRepeatedBytes(1, [...answer.files]);
      return [4, writer];
    case "extensionNumbers":
      writer.writeString(1, answer.type);
      writer.writePackedInt32(2, [...answer.numbers]);
      return [5, writer];
    case "services":
      for (const name of answer.names) {
        const service = new StrictWriter();
        service.writeString(1, name);
        writer.writeBytes(1, service.getResultBuffer());
      }
      return [6, writer];
    case "error":
      writer.writeInt32(1, answer.code);
      writer.writeString(2, answer.message);
      return [7, writer];
  }
}
