import { createServer, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import type { Logger } from "pino";
import type { CertificateFiles } from "./certificate-files.js";
import { watchCertificate } from "./certificate-watch.js";
import { type HandshakeFailure, handshakeFailure, noApplicationProtocol } from "./handshake-failure.js";
import { logSparingly } from "./log-sparingly.js";
import { peerOf, type Transport } from "./transport.js";

/** How {@link createTlsTransport} secures connections. */
export interface TlsTransportOptions {
  readonly files: CertificateFiles;
  /** How long a client may take for its handshake. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
  readonly onConnection: (socket: TLSSocket) => void;
}

/**
 * What TLS 1.2 may use: RFC 9113 section 9.2.2 forbids HTTP/2 all but ephemeral keys with an AEAD cipher. The first
 * three are all of TLS 1.3.
 */
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE+AESGCM",
  "ECDHE+CHACHA20",
].join(":");

/**
 * TLS from 1.2 on, for HTTP/2 alone. The certificate follows its files: connections that are open keep theirs.
 *
 * @throws Error which names the file and what is wrong with it, where they cannot be served from the start.
 */
export async function createTlsTransport({
  files,
  handshakeTimeoutMs,
  logger,
  onConnection,
}: TlsTransportOptions): Promise<Transport> {
  const log = logSparingly(logger);
  const peers = new WeakMap<object, string>();
  const refuse = (socket: TLSSocket, { code, reason }: HandshakeFailure) => {
    socket.destroy();
    // Node has forgotten the address when it has itself refused the client's certificate; the socket beneath has not.
    const peer = peers.get(Reflect.get(socket, "_parent")) ?? peerOf(socket);
    if (code === "ECONNRESET") {
      // The probes of load balancers do that all day.
      logger.debug({ code, reason, peer }, "TLS handshake failed");
    } else {
      log(code, { code, reason, peer }, "TLS handshake failed");
    }
  };
  const clientAuth = files.clientCa !== undefined;
  const server = createServer({
    ALPNProtocols: ["h2"],
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: clientAuth,
    rejectUnauthorized: clientAuth,
  });
  let closed = false;

  server.on("tlsClientError", (error, socket) => refuse(socket, handshakeFailure(error, socket)));
  server.on("secureConnection", (socket) => {
    // An error without a listener would end the process, and HTTP/2 stops listening before the socket is gone.
    socket.on("error", (error) => logger.debug({ err: error, peer: peerOf(socket) }, "connection failed"));
    if (closed) {
      socket.destroy();
    } else if (socket.alpnProtocol !== "h2") {
      refuse(socket, noApplicationProtocol);
    } else {
      rememberPeerCertificate(socket);
      onConnection(socket.ref());
    }
  });

  const watch = await watchCertificate(
    files,
    ({ pem }) => server.setSecureContext({ ...pem, minVersion: "TLSv1.2", ciphers }),
    { logger },
  );
  return {
    accept(socket) {
      peers.set(socket, peerOf(socket));
      // A handshake must not hold up the end of the process.
      server.emit("connection", socket.unref());
    },
    close() {
      closed = true;
      watch.close();
    },
  };
}

/** Node translates it anew each time that grpc-js asks for it, which costs as much as a call. */
function rememberPeerCertificate(socket: TLSSocket): void {
  const ask = socket.getPeerCertificate.bind(socket);
  let certificate: DetailedPeerCertificate | undefined;
  socket.getPeerCertificate = () => {
    certificate ??= ask(true);
    return certificate;
  };
}
