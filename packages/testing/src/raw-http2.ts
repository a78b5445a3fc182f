/** HTTP/2 frame by frame, for what no well-behaved client does. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ack, type Frame, frame, frameTypes, preface } from "./http2-frames.js";

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

/** Connects, and says what every client says first: resolves once both sides have confirmed each other's SETTINGS. */
export async function connectReady(address: string, options?: RawConnectionOptions): Promise<RawConnection> {
  const connection = await connectRaw(address, options);
  connection.send(preface);
  await connection.frame("SETTINGS", ({ flags }) => flags !== ack);
  await connection.frame("SETTINGS", ({ flags }) => flags === ack);
  return connection;
}
