import type { Socket } from "node:net";
import type { Logger } from "pino";
import { logSparingly } from "./log-sparingly.js";
import { peerOf, type Transport } from "./transport.js";

/** How {@link createPlainTextTransport} goes about it. */
export interface PlainTextTransportOptions {
  /** How long a client may take until it says something. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
  readonly onConnection: (socket: Socket) => void;
}

/** What a client says first: RFC 9113 section 3.4. */
const preface = Buffer.from("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

/** The type of a TLS record that holds a handshake: RFC 8446 section 5.1. */
const tlsHandshake = 0x16;

/** HTTP/2 without TLS, for clients which begin as it wants them to. */
export function createPlainTextTransport({
  handshakeTimeoutMs,
  logger,
  onConnection,
}: PlainTextTransportOptions): Transport {
  const log = logSparingly(logger);
  const waiting = new Set<Socket>();

  function refuse(socket: Socket, code: string, reason: string): void {
    log(code, { code, reason, peer: peerOf(socket) }, "connection refused");
    socket.destroy();
  }

  function onFirstBytes(socket: Socket): void {
    const bytes: Buffer | null = socket.read();
    if (bytes === null) {
      // The client has closed its side without a word, as the probes of load balancers do.
      socket.destroy();
    } else if (bytes[0] === tlsHandshake) {
      refuse(socket, "TLS", "the client speaks TLS to a plain-text port");
    } else if (!startsAlike(bytes, preface)) {
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
      // Once handed on, what goes wrong is HTTP/2's to tell; an error without a listener would end the process.
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

function startsAlike(a: Buffer, b: Buffer): boolean {
  const length = Math.min(a.length, b.length);
  return a.subarray(0, length).equals(b.subarray(0, length));
}
