/** HTTP/2 frame by frame, for what no well-behaved client does. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";

/** The types of frames, by their names in RFC 9113 section 6. */
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

/** The flags that tests need; SETTINGS and PING call the first ACK. */
export const endStream = 1;
export const ack = 1;
export const endHeaders = 4;

/** A frame that has arrived. */
export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly streamId: number;
  readonly payload: Buffer;
}

/** What a client says first, with SETTINGS that ask for nothing: RFC 9113 section 3.4. */
export const preface = Buffer.concat([Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"), frame("SETTINGS")]);

/** Makes a frame. */
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

/** Encodes headers, each as a literal (RFC 7541, 6.2.2). */
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

/** The headers of a gRPC call. */
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

/** A gRPC message in its framing. */
export function message(bytes: Uint8Array, { compressed = false } = {}): Buffer {
  const prefix = Buffer.alloc(5);
  prefix[0] = compressed ? 1 : 0;
  prefix.writeUInt32BE(bytes.length, 1);
  return Buffer.concat([prefix, bytes]);
}

/** Numbers of 32 bits, as in the payloads of RST_STREAM and GOAWAY. */
export function uint32(...values: number[]): Buffer {
  const bytes = Buffer.alloc(4 * values.length);
  for (const [index, value] of values.entries()) {
    bytes.writeUInt32BE(value, 4 * index);
  }
  return bytes;
}

/** A connection on which a test says what it likes. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** All frames that have arrived. */
  readonly frames: readonly Frame[];
  /** Resolves when the server has closed the connection, in whatever way; rejects where it does not in time. */
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
  send(...frames: Buffer[]): void;
  /** Resolves with the first frame that matches, be it there or yet to come; rejects where the connection ends first. */
  frame(type: keyof typeof frameTypes, matches?: (frame: Frame) => boolean): Promise<Frame>;
}

/** How {@link connectRaw} connects. */
export interface RawConnectionOptions {
  /** Whether SETTINGS are confirmed. Default true. */
  readonly confirmSettings?: boolean;
  /** Whether pings are answered. Default true. */
  readonly answerPings?: boolean;
  /** When the test has failed: so long after it has begun, the connection ends. Default 30 seconds. */
  readonly lifetimeMs?: number;
}

/** Connects to a server on the loopback interface. The preface is not sent. */
export async function connectRaw(
  address: string,
  { confirmSettings = true, answerPings = true, lifetimeMs = 30_000 }: RawConnectionOptions = {},
): Promise<RawConnection> {
  const socket = connect(Number(address.slice(address.lastIndexOf(":") + 1)), "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  const frames: Frame[] = [];
  const waiting = new Set<() => void>();
  const notify = () => {
    for (const check of waiting) {
      check();
    }
  };
  let isClosed = false;
  socket.on("error", () => {
    // A server that has had enough may reset the connection; "close" follows.
  });
  let isLate = false;
  const lifetime = setTimeout(() => {
    isLate = true;
    socket.destroy();
  }, lifetimeMs);
  const closed = new Promise<void>((resolve, reject) => {
    socket.on("close", () => {
      clearTimeout(lifetime);
      isClosed = true;
      if (isLate) {
        reject(new Error("the server has not closed the connection"));
      } else {
        resolve();
      }
      notify();
    });
  });
  closed.catch(() => {
    // Not every test waits for the end.
  });
  let buffer = Buffer.of();
  socket.on("data", (chunk: Buffer) => {
    buffer = Buffer.concat([buffer, chunk]);
    for (let length = 0; buffer.length >= 9; buffer = buffer.subarray(length)) {
      length = 9 + buffer.readUIntBE(0, 3);
      if (buffer.length < length) {
        break;
      }
      const [type = 0, flags = 0] = buffer.subarray(3, 5);
      const payload = buffer.subarray(9, length);
      frames.push({ type, flags, streamId: buffer.readUInt32BE(5), payload });
      if (confirmSettings && type === frameTypes.SETTINGS && !(flags & ack)) {
        socket.write(frame("SETTINGS", { flags: ack }));
      }
      if (answerPings && type === frameTypes.PING && !(flags & ack)) {
        socket.write(frame("PING", { flags: ack, payload }));
      }
    }
    notify();
  });
  return {
    socket,
    frames,
    closed,
    get isClosed() {
      return isClosed;
    },
    send: (...frames) => void socket.write(Buffer.concat(frames)),
    frame(type, matches = () => true) {
      return new Promise((resolve, reject) => {
        const check = () => {
          const found = frames.find((frame) => frame.type === frameTypes[type] && matches(frame));
          if (found) {
            resolve(found);
          } else if (isClosed) {
            reject(new Error(`the connection ended without ${type}`));
          } else {
            return;
          }
          waiting.delete(check);
        };
        waiting.add(check);
        check();
      });
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}
