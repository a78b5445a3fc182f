import type { MethodDefinition } from "@grpc/grpc-js";
import type { BinaryReader, BinaryWriter } from "google-protobuf";
import { StrictReader, StrictWriter } from "./strict-utf8.js";

/** Turns messages of one type into bytes and back. */
export interface Codec<Message> {
  serialize(message: Message): Buffer;
  deserialize(bytes: Uint8Array): Message;
}

/** Makes a codec of what writes a message's fields and what reads them. */
export function codec<Message>(
  write: (message: Message, writer: BinaryWriter) => void,
  read: (reader: BinaryReader) => Message,
): Codec<Message> {
  return {
    serialize(message) {
      const writer = new StrictWriter();
      write(message, writer);
      return Buffer.from(writer.getResultBuffer());
    },
    deserialize: (bytes) => read(new StrictReader(bytes)),
  };
}

/** Reads every field of a message by its number, and skips those that are not named. */
export function readFields(reader: BinaryReader, fields: Readonly<Record<number, () => void>>): void {
  while (reader.nextField()) {
    const read = fields[reader.getFieldNumber()];
    if (read === undefined) {
      reader.skipField();
    } else {
      read();
    }
  }
}

/** Reads a field of bytes, of which google-protobuf's types think that it may be text. */
export function readBytes(reader: BinaryReader): Buffer {
  return Buffer.from(reader.readBytes() as Uint8Array);
}

/** Makes the definition of a method as grpc-js wants it. */
export function methodDefinition<Request, Response>(
  path: string,
  {
    request,
    response,
    requestStream = false,
    responseStream = false,
  }: { request: Codec<Request>; response: Codec<Response>; requestStream?: boolean; responseStream?: boolean },
): MethodDefinition<Request, Response> {
  return {
    path,
    requestStream,
    responseStream,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}
