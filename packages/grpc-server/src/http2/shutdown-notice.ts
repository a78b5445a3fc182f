import { writeSync } from "node:fs";
import type { ServerHttp2Session } from "node:http2";

/** Highest stream id. A GOAWAY with this id refuses no request. */
export const maxStreamId = 2 ** 31 - 1;

/** Private members of a socket. */
interface SocketHandle {
  /** File descriptor, negative on Windows. */
  readonly fd?: number;
  /** Number of bytes that wait for room in the kernel's buffer. */
  readonly writeQueueSize?: number;
}

/**
 * Sends the GOAWAY that announces the end of a connection (RFC 9113, section 6.8).
 *
 * Node does not expose nghttp2_submit_shutdown_notice, and after any other GOAWAY nghttp2 drops all new requests. So
 * this function writes the frame to the file descriptor. It cannot use Node's socket: the session would take the end of
 * that write for the end of a session write, and the process would abort.
 *
 * @returns "busy" if the kernel's buffer is full, "unsupported" on Windows, and over TLS, where only OpenSSL can write.
 */
export function sendShutdownNotice(
  session: ServerHttp2Session,
  debugData: NodeJS.ArrayBufferView | undefined,
): "sent" | "busy" | "unsupported" {
  const { fd = -1, writeQueueSize }: SocketHandle = Reflect.get(session.socket, "_handle") ?? {};
  if (session.encrypted || fd < 0) {
    return "unsupported";
  }
  // Node writes whole frames, so if nothing waits, the last byte in the kernel's buffer is the end of a frame.
  if (writeQueueSize !== 0) {
    return "busy";
  }
  const frame = encodeGoaway(debugData);
  try {
    if (writeSync(fd, frame) < frame.length) {
      // A partial write is rare. The rest cannot follow, because the session may write at any time.
      session.destroy();
    }
    return "sent";
  } catch {
    // EAGAIN: the kernel's buffer is full. Any other error also ends the session.
    return "busy";
  }
}

function encodeGoaway(debugData: NodeJS.ArrayBufferView = Buffer.of()): Buffer {
  const data = Buffer.from(debugData.buffer, debugData.byteOffset, debugData.byteLength);
  const frame = Buffer.alloc(9 + 8);
  frame.writeUIntBE(8 + data.length, 0, 3);
  frame[3] = 7;
  frame.writeUInt32BE(maxStreamId, 9);
  return Buffer.concat([frame, data]);
}
