import { isUtf8 } from "node:buffer";
import { BinaryReader, BinaryWriter, type Message } from "google-protobuf";

/** Method definition as grpc-tools generates it. */
interface GeneratedMethod {
  readonly requestType: typeof Message;
  readonly responseType: typeof Message;
  readonly requestSerialize: (message: Message) => Buffer;
  readonly responseSerialize: (message: Message) => Buffer;
}

/** Static side of a generated message class. */
interface GeneratedMessage {
  new (): Message;
  serializeBinaryToWriter(message: Message, writer: BinaryWriter): void;
  deserializeBinaryFromReader(message: Message, reader: BinaryReader): Message;
}

interface Codec {
  serialize(message: Message): Buffer;
  deserialize(bytes: Uint8Array): Message;
}

const strictMethods = new WeakMap<object, object>();

/**
 * Returns a method definition whose messages hold only well-formed text, as the protobuf specification requires of a
 * `string`: decoding throws on bytes that are not UTF-8, encoding on a lone surrogate. The wire format is unchanged. A
 * method that google-protobuf did not generate is returned as it is.
 *
 * On its own, google-protobuf 3 silently drops invalid bytes and writes lone surrogates, so text arrives mangled.
 *
 * @see https://protobuf.dev/programming-guides/proto3/#scalar
 */
export function strictMethod<Method extends object>(method: Method): Method {
  let strict = strictMethods.get(method);
  if (strict === undefined) {
    strict = isGenerated(method) ? withStrictCodecs(method) : method;
    strictMethods.set(method, strict);
  }
  return strict as Method;
}

function withStrictCodecs(method: GeneratedMethod): object {
  const request = strictCodec(method.requestType, method.requestSerialize);
  const response = strictCodec(method.responseType, method.responseSerialize);
  return {
    ...method,
    requestSerialize: request.serialize,
    requestDeserialize: request.deserialize,
    responseSerialize: response.serialize,
    responseDeserialize: response.deserialize,
  };
}

function isGenerated(method: object): method is GeneratedMethod {
  const { requestType, responseType } = method as Partial<GeneratedMethod>;
  return [requestType, responseType].every(
    (type) => typeof type === "function" && "deserializeBinaryFromReader" in type && "serializeBinaryToWriter" in type,
  );
}

function strictCodec(messageType: typeof Message, generatedSerialize: (message: Message) => Buffer): Codec {
  const MessageType = messageType as unknown as GeneratedMessage;
  // Encoding and decoding are synchronous, so one reader and one writer can serve every message.
  let reader = new StrictReader();
  const writer = new StrictWriter();
  return {
    serialize(message) {
      if (!(message instanceof MessageType)) {
        // Throws an error that names the expected type, which the class itself does not know.
        return generatedSerialize(message);
      }
      writer.reset();
      MessageType.serializeBinaryToWriter(message, writer);
      const bytes = writer.getResultBuffer();
      // Copying a short message is cheaper: V8 allocates the ArrayBuffer of a typed array only on access.
      return bytes.length < 1_024 ? Buffer.from(bytes) : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    },
    deserialize(bytes) {
      reader.setBlock(bytes);
      try {
        return MessageType.deserializeBinaryFromReader(new MessageType(), reader);
      } catch (error) {
        // A reader that has failed once keeps failing.
        reader = new StrictReader();
        throw error;
      }
    },
  };
}

/** Reader that rejects text that is not UTF-8, and malformed fields that google-protobuf accepts. */
class StrictReader extends BinaryReader {
  /** Sees only the message's own fields; google-protobuf skips or rejects groups inside them. */
  override nextField(): boolean {
    const found = super.nextField();
    if (found && (this.isEndGroup() || this.getFieldNumber() === 0)) {
      throw new TypeError(this.isEndGroup() ? "unexpected end of group" : "invalid field number 0");
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

/** Tests whether bytes are ASCII and so short that calling native code costs more than it saves. */
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

/** Writer that rejects text that UTF-8 cannot encode. */
class StrictWriter extends BinaryWriter {
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
