/** HTTP/2 client that sends frame by frame, for misbehavior that no library allows. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { ack, type Frame, frame, frameTypes, preface } from "./http2-frames.js";

/** Connection on which a test can send any bytes. */
export interface RawConnection extends Disposable {
  readonly socket: Socket;
  /** Received frames. */
  readonly frames: readonly Frame[];
  /** Resolves when the connection is closed, even by a reset; rejects on timeout. */
  readonly closed: Promise<void>;
  readonly isClosed: boolean;
  send(...frames: Buffer[]): void;
  /** Resolves with the first past or future frame that matches; rejects if the connection ends without one. */
  frame(type: keyof typeof frameTypes, matches?: (frame: Frame) => boolean): Promise<Frame>;
}

/** Options of {@link connectRaw}. */
export interface RawConnectionOptions {
  /** Acknowledges SETTINGS. Default true. */
  readonly ackSettings?: boolean;
  /** Acknowledges PING. Default true. */
  readonly ackPings?: boolean;
  /** Maximum duration of the connection in milliseconds; reaching it fails the test. Default 30 seconds. */
  readonly timeoutMs?: number;
}

/** Connects to a server on the loopback interface, without sending the preface. */
export async function connectRaw(
  address: string,
  { ackSettings = true, ackPings = true, timeoutMs = 30_000 }: RawConnectionOptions = {},
): Promise<RawConnection> {
  const socket = connect(Number(address.slice(address.lastIndexOf(":") + 1)), "127.0.0.1").setNoDelay();
  await once(socket, "connect");
  const frames: Frame[] = [];
  const pendingChecks = new Set<() => void>();
  const notify = () => {
    for (const check of pendingChecks) {
      check();
    }
  };
  let isClosed = false;
  socket.on("error", () => {
    // The server may reset the connection. "close" follows.
  });
  let timedOut = false;
  const timeout = setTimeout(() => {
    timedOut = true;
    socket.destroy();
  }, timeoutMs);
  const closed = new Promise<void>((resolve, reject) => {
    socket.on("close", () => {
      clearTimeout(timeout);
      isClosed = true;
      if (timedOut) {
        reject(new Error("the server did not close the connection in time"));
      } else {
        resolve();
      }
      notify();
    });
  });
  closed.catch(() => {
    // Not every test waits for this promise.
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
      if (ackSettings && type === frameTypes.SETTINGS && !(flags & ack)) {
        socket.write(frame("SETTINGS", { flags: ack }));
      }
      if (ackPings && type === frameTypes.PING && !(flags & ack)) {
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
            reject(new Error(`the connection was closed before a ${type} frame arrived`));
          } else {
            return;
          }
          pendingChecks.delete(check);
        };
        pendingChecks.add(check);
        check();
      });
    },
    [Symbol.dispose]: () => void socket.destroy(),
  };
}

/** Connects and sends the preface. Resolves when both sides have acknowledged the SETTINGS of the other. */
export async function connectReady(address: string, options?: RawConnectionOptions): Promise<RawConnection> {
  const connection = await connectRaw(address, options);
  connection.send(preface);
  await connection.frame("SETTINGS", ({ flags }) => flags !== ack);
  await connection.frame("SETTINGS", ({ flags }) => flags === ack);
  return connection;
}
