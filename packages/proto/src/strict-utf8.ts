import { isUtf8 } from "node:buffer";
import type { MethodDefinition, ServiceDefinition } from "@grpc/grpc-js";
import { BinaryReader, BinaryWriter, type Message } from "google-protobuf";
import type { Codec } from "./codec.js";

/**
 * Returns a generated service definition whose messages hold only well-formed text, as the protobuf
 * specification demands of a `string`: decoding throws where the bytes are not UTF-8, and encoding where the
 * text has a lone surrogate. On the wire nothing else changes.
 *
 * Left to itself, google-protobuf 3 drops invalid bytes without a word and writes lone surrogates as they are,
 * so that a name arrives mangled instead of not at all.
 *
 * @see https://protobuf.dev/programming-guides/proto3/#scalar
 */
export function strictUtf8<Service extends ServiceDefinition>(service: Service): Service {
  const strict: Record<string, MethodDefinition<Message, Message>> = {};
  for (const [name, method] of Object.entries(service) as [string, GeneratedMethod][]) {
    const request = strictCodec(method.requestType, method.requestSerialize);
    const response = strictCodec(method.responseType, method.responseSerialize);
    strict[name] = {
      ...method,
      requestSerialize: request.serialize,
      requestDeserialize: request.deserialize,
      responseSerialize: response.serialize,
      responseDeserialize: response.deserialize,
    };
  }
  return strict as unknown as Service;
}

/** What grpc-tools writes of a method beyond what grpc-js declares. */
interface GeneratedMethod extends MethodDefinition<Message, Message> {
  readonly requestType: typeof Message;
  readonly responseType: typeof Message;
}

/** The static side of a message class that grpc-tools writes. */
interface GeneratedMessage {
  new (): Message;
  serializeBinaryToWriter(message: Message, writer: BinaryWriter): void;
  deserializeBinaryFromReader(message: Message, reader: BinaryReader): Message;
}

function strictCodec(messageType: typeof Message, generatedSerialize: (message: Message) => Buffer): Codec<Message> {
  const MessageType = messageType as unknown as GeneratedMessage;
  // Encoding and decoding are synchronous, so one reader and one writer serve every message of a type.
  let reader = new StrictReader();
  const writer = new StrictWriter();
  return {
    serialize(message) {
      if (!(message instanceof MessageType)) {
        // Throws, and names the type, which the class itself does not know.
        return generatedSerialize(message);
      }
      writer.reset();
      MessageType.serializeBinaryToWriter(message, writer);
      const bytes = writer.getResultBuffer();
      // Of a short message a copy is cheaper: V8 makes its buffer only when it is asked for.
      return bytes.length < 1_024 ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    deserialize(bytes) {
      reader.setBlock(bytes);
      try {
        return MessageType.deserializeBinaryFromReader(new MessageType(), reader);
      } catch (error) {
        // A reader that has failed once fails for ever.
        reader = new StrictReader();
        throw error;
      }
    },
  };
}

/** Refuses text that is not UTF-8, and what google-protobuf reads past though it is malformed. */
export class StrictReader extends BinaryReader {
  /** Only a message's own fields come through here; groups within are skipped or refused by google-protobuf. */
  override nextField(): boolean {
    const found = super.nextField();
    if (found && (this.isEndGroup() || this.getFieldNumber() === 0)) {
      throw new TypeError(this.isEndGroup() ? "a group ends that did not begin" : "0 is no field number");
    }
    return found;
  }

  override readString(): string {
    const bytes = this.readBytes();
    if (isShortAscii(bytes)) {
      return Reflect.apply(String.fromCharCode, undefined, bytes);
    }
    if (!isUtf8(bytes)) {
      throw new TypeError(`field ${this.getFieldNumber()} is not valid UTF-8`);
    }
    return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString();
  }
}

/** Whether bytes are so short, and ASCII, that the way into native code costs more than it saves. */
function isShortAscii(bytes: Uint8Array): boolean {
  if (bytes.length > 64) {
    return false;
  }
  for (let index = 0; index < bytes.length; index++) {
    if ((bytes[index] ?? 0) > 0x7f) {
      return false;
    }
  }
  return true;
}

/** Refuses text that UTF-8 cannot encode. */
export class StrictWriter extends BinaryWriter {
  override writeString(field: number, value?: string): void {
    if (value?.isWellFormed() === false) {
      throw new TypeError(`field ${field} has a lone surrogate, which UTF-8 cannot encode`);
    }
    if (value === undefined || value.length < 64) {
      super.writeString(field, value);
    } else {
      // Node encodes long text many times as fast.
      this.writeBytes(field, Buffer.from(value));
    }
  }
}
