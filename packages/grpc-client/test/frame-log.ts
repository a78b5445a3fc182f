import { EventEmitter } from "node:events";
import { connect, createServer } from "node:net";
import { endStream, type Frame, frameTypes, preface } from "@hello/testing/http2-frames";
import { listen } from "@hello/testing/peer";

/** Proxy that records the HTTP/2 frames from clients. */
export interface FrameLog extends AsyncDisposable {
  /** Target of the proxy. */
  readonly target: string;
  /** Recorded frames, in order. */
  readonly frames: readonly Frame[];
  /** Resolves with the first frame of a type, and waits for it if necessary. */
  frame(type: keyof typeof frameTypes): Promise<Frame>;
}

/** Length of the connection preface of a client, without its SETTINGS frame. */
const prefaceLength = preface.indexOf("SM\r\n\r\n") + 6;

/** Starts a {@link FrameLog} in front of a server. */
export async function recordFrames(target: string): Promise<FrameLog> {
  const frames: Frame[] = [];
  const recorded = new EventEmitter();
  const proxy = await listen(
    createServer((downstream) => {
      const upstream = connect(Number(target.split(":")[1]), "127.0.0.1");
      upstream.on("error", () => downstream.destroy());
      downstream.on("close", () => upstream.destroy());
      upstream.pipe(downstream);
      let skippedBytes = prefaceLength;
      let buffer = Buffer.of();
      downstream.on("data", (chunk: Buffer) => {
        upstream.write(chunk);
        buffer = Buffer.concat([buffer, chunk]);
        while (buffer.length >= skippedBytes + 9) {
          const end = skippedBytes + 9 + buffer.readUIntBE(skippedBytes, 3);
          if (buffer.length < end) {
            break;
          }
          const [type = 0, flags = 0] = buffer.subarray(skippedBytes + 3, skippedBytes + 5);
          frames.push({
            type,
            flags,
            streamId: buffer.readUInt32BE(skippedBytes + 5),
            payload: buffer.subarray(skippedBytes + 9, end),
          });
          buffer = buffer.subarray(end);
          skippedBytes = 0;
        }
        recorded.emit("frames");
      });
    }),
  );
  return {
    target: proxy.address,
    frames,
    frame(type) {
      return new Promise((resolve) => {
        const check = () => {
          const found = frames.find((frame) => frame.type === frameTypes[type]);
          if (found !== undefined) {
            recorded.off("frames", check);
            resolve(found);
          }
        };
        recorded.on("frames", check);
        check();
      });
    },
    [Symbol.asyncDispose]: () => proxy[Symbol.asyncDispose](),
  };
}

/** Returns whether a frame ends the requests of a call. */
export function endsRequests({ type, flags }: Frame): boolean {
  return type === frameTypes.DATA && (flags & endStream) !== 0;
}
