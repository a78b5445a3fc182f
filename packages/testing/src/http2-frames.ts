/** HTTP/2 frames, and the encoding of gRPC in them. */

/** Frame types by name. RFC 9113, section 6. */
export const frameTypes = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** Frame flags. SETTINGS and PING use the value of END_STREAM as ACK. */
export const endStream = 1;
export const ack = 1;
export const endHeaders = 4;

/** Received frame. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** Connection preface of a client with empty SETTINGS. RFC 9113, section 3.4. */
export const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame("SETTINGS")]);

/** Encodes a frame. */
export function frame(
  type: keyof typeof frameTypes | number,
  { flags = 0, streamId = 0, payload = Buffer.of() }: { flags?: number; streamId?: number; payload?: Buffer } = {},
): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head[3] = typeof type === "number" ? type : frameTypes[type];
  head[4] = flags;
  head.writeUInt32BE(streamId, 5);
  return Buffer.concat([head, payload]);
}

/** Encodes each header as a literal without indexing. RFC 7541, section 6.2.2. */
export function headerBlock(headers: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat(Object.entries(headers).flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "latin1");
  const length: number[] = [];
  let rest = bytes.length;
  if (rest < 127) {
    length.push(rest);
  } else {
    length.push(127);
    for (rest -= 127; rest >= 128; rest >>>= 7) {
      length.push((rest & 127) | 128);
    }
    length.push(rest);
  }
  return Buffer.concat([Buffer.from(length), bytes]);
}

/** Encodes the headers of a gRPC call. */
export function callHeaders(path: string, more: Readonly<Record<string, string>> = {}): Buffer {
  return headerBlock({
    ":method": "POST",
    ":scheme": "http",
    ":path": path,
    ":authority": "localhost",
    "content-type": "application/grpc",
    te: "trailers",
    ...more,
  });
}

/** Encodes a gRPC message with its length prefix. */
export function message(bytes: Uint8Array, { compressed = false } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** Encodes 32-bit numbers, as in the payloads of RST_STREAM and GOAWAY. */
export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) {
    bytes.writeUInt32BE(value, 4 * index);
  }
  return bytes;
}

/** Encodes the frames of a call with one request. */
export function callFrames(streamId: number, path: string, body = message(Buffer.from("a"))): Buffer {
  return Buffer.concat([
    frame("HEADERS", { flags: endHeaders, streamId, payload: callHeaders(path) }),
    frame("DATA", { flags: endStream, streamId, payload: body }),
  ]);
}

/** Returns a predicate that matches the trailers of a call. */
export function isTrailersOf(streamId: number): (frame: Frame) => boolean {
  return (frame) => frame.streamId === streamId && frame.type === frameTypes.HEADERS && (frame.flags & endStream) !== 0;
}

/** Returns the error code of a GOAWAY frame. */
export function goawayCode({ payload }: Frame): number {
  return payload.readUInt32BE(4);
}
