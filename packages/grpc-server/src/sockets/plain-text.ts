import type { Socket } from "node:net";
import type { Logger } from "pino";
import { createThrottledWarn } from "../throttled-warn.js";
import { peerOf, type Transport } from "./transport.js";

/** Options of {@link createPlainTextTransport}. */
export interface PlainTextTransportOptions {
  /** Time that a client has to send its first byte, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
  readonly onConnection: (socket: Socket) => void;
}

/** First bytes that a client sends: RFC 9113, section 3.4. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Content type of a TLS handshake record: RFC 8446, section 5.1. */
const tlsHandshake = 0x16;

/** Creates a transport for HTTP/2 without TLS. Refuses clients whose first bytes are anything else. */
export function createPlainTextTransport({
  handshakeTimeoutMs,
  logger,
  onConnection,
}: PlainTextTransportOptions): Transport {
  const warn = createThrottledWarn(logger);
  const waiting = new Set<Socket>();

  function refuse(socket: Socket, code: string, reason: string): void {
    warn(code, { code, reason, peer: peerOf(socket) }, "connection refused");
    socket.destroy();
  }

  function onFirstBytes(socket: Socket): void {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) {
      // The client has closed its side without sending anything, as probes of load balancers do.
      socket.destroy();
    } else if (bytes[0] === tlsHandshake) {
      refuse(socket, "TLS", "the client speaks TLS to a plain-text port");
    } else if (!startsWithPreface(bytes)) {
      refuse(socket, "NOT_HTTP2", "the client does not speak HTTP/2");
    } else {
      waiting.delete(socket);
      socket.setTimeout(0);
      socket.unshift(bytes);
      onConnection(socket);
    }
  }

  return {
    accept(socket) {
      waiting.add(socket);
      socket.on("close", () => waiting.delete(socket));
      // HTTP/2 handles errors once it has the socket. Without this listener, an earlier error would end the process.
      socket.on("error", (error) => logger.debug({ err: error, peer: peerOf(socket) }, "connection failed"));
      socket.setTimeout(handshakeTimeoutMs, () => refuse(socket, "TIMEOUT", "the client sent no data in time"));
      socket.once("readable", () => onFirstBytes(socket));
    },
    close() {
      for (const socket of waiting) {
        socket.destroy();
      }
    },
  };
}

/** Returns whether the first bytes of a client are the preface, or a part of it that has arrived so far. */
function startsWithPreface(bytes: Buffer): boolean {
  const length = Math.min(bytes.length, preface.length);
  return bytes.subarray(0, length).equals(preface.subarray(0, length));
}
