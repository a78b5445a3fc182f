import { writeSync } from "node:fs";
import type { ServerHttp2Session } from "node:http2";

/** Highest stream id: a GOAWAY with it refuses no request. */
export const maxStreamId = 2 ** 31 - 1;

/** Private parts of a socket. */
interface SocketHandle {
  /** File descriptor, negative on Windows. */
  readonly fd?: number;
  /** Number of bytes that wait for room in the kernel's buffer. */
  readonly writeQueueSize?: number;
}

/**
 * Sends the GOAWAY that announces the end of a connection (RFC 9113, section 6.8).
 *
 * Node has no access to nghttp2_submit_shutdown_notice, and after any other GOAWAY nghttp2 drops all requests. So this
 * writes the frame to the file descriptor. Through Node's socket it could not: the session takes the end of every write
 * for that of its own, and the process aborts.
 *
 * @returns "busy" if the kernel takes no more bytes now, "unsupported" over TLS, whose state only OpenSSL has, and on
 * Windows.
 */
export function sendShutdownNotice(
  session: ServerHttp2Session,
  debugData: NodeJS.ArrayBufferView | undefined,
): "sent" | "busy" | "unsupported" {
  const { fd = -1, writeQueueSize }: SocketHandle = Reflect.get(session.socket, "_handle") ?? {};
  if (session.encrypted || fd < 0) {
    return "unsupported";
  }
  // Node passes on whole frames: once nothing waits, the last byte in the kernel is the end of one.
  if (writeQueueSize !== 0) {
    return "busy";
  }
  const frame = goawayFrame(debugData);
  try {
    if (writeSync(fd, frame) < frame.length) {
      // Hardly ever. The rest would come too late: the session may write at any time.
      session.destroy();
    }
    return "sent";
  } catch {
    // EAGAIN: the kernel's buffer is full. Any other error ends the session by itself.
    return "busy";
  }
}

function goawayFrame(debugData: NodeJS.ArrayBufferView = Buffer.of()): Buffer {
  const data = Buffer.from(debugData.buffer, debugData.byteOffset, debugData.byteLength);
  const frame = Buffer.alloc(9 + 8);
  frame.writeUIntBE(8 + data.length, 0, 3);
  frame[3] = 7;
  frame.writeUInt32BE(maxStreamId, 9);
  return Buffer.concat([frame, data]);
}
