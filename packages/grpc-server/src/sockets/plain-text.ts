import type { Socket } from "node:net";
import type { Logger } from "pino";
import { createThrottledWarn } from "../telemetry/throttled-warn.js";
import { peerOf, type Transport } from "./transport.js";

/** Options of {@link createPlainTextTransport}. */
export interface PlainTextTransportOptions {
  /** Time until a client must have sent its first byte, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
  readonly onConnection: (socket: Socket) => void;
}

/** First bytes of a client: RFC 9113 section 3.4. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** Type of a TLS record with a handshake: RFC 8446 section 5.1. */
const tlsHandshake = 0x16;

/** Creates a transport for HTTP/2 without TLS. Refuses clients that begin with anything else. */
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
      // The client has closed its side at once, as probes of load balancers do.
      socket.destroy();
    } else if (bytes[0] === tlsHandshake) {
      refuse(socket, "TLS", "the client speaks TLS to a plain-text port");
    } else if (!startAlike(bytes, preface)) {
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
      // HTTP/2 reports errors of its own; this listener keeps any other from ending the process.
      socket.on("error", (error) => logger.debug({ err: error, peer: peerOf(socket) }, "connection failed"));
      socket.setTimeout(handshakeTimeoutMs, () => refuse(socket, "TIMEOUT", "the client said nothing"));
      socket.once("readable", () => onFirstBytes(socket));
    },
    close() {
      for (const socket of waiting) {
        socket.destroy();
      }
    },
  };
}

function startAlike(a: Buffer, b: Buffer): boolean {
  const length = Math.min(a.length, b.length);
  return a.subarray(0, length).equals(b.subarray(0, length));
}
