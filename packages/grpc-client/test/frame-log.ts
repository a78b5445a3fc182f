import { EventEmitter } from "node:events";
import { connect, createServer } from "node:net";
import { endStream, type Frame, frameTypes, preface } from "@hello/testing/http2-frames";
import { listen } from "@hello/testing/peer";

/** Proxy that records the HTTP/2 frames that clients send. */
export interface FrameLog extends AsyncDisposable {
  /** Target of the proxy. */
  readonly target: string;
  /** Recorded frames, in order. */
  readonly frames: readonly Frame[];
  /** Resolves with the first frame of this type, recorded or to come. */
  frame(type: keyof typeof frameTypes): Promise<Frame>;
}

/** Length of a client's first bytes, before its first frame. */
const magicLength = preface.indexOf("SM\r\n\r\n") + 6;

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
      let skip = magicLength;
      let buffer = Buffer.of();
      downstream.on("data", (chunk: Buffer) => {
        upstream.write(chunk);
        buffer = Buffer.concat([buffer, chunk]);
        while (buffer.length >= skip + 9) {
          const end = skip + 9 + buffer.readUIntBE(skip, 3);
          if (buffer.length < end) {
            break;
          }
          const [type = 0, flags = 0] = buffer.subarray(skip + 3, skip + 5);
          frames.push({
            type,
            flags,
            streamId: buffer.readUInt32BE(skip + 5),
            payload: buffer.subarray(skip + 9, end),
          });
          buffer = buffer.subarray(end);
          skip = 0;
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

/** Tells whether a frame ends the requests of a call. */
export function endsRequests({ type, flags }: Frame): boolean {
  return type === frameTypes.DATA && (flags & endStream) !== 0;
}
