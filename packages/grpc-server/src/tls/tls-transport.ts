import { createSecureContext, createServer, type DetailedPeerCertificate, type TLSSocket } from "node:tls";
import type { Logger } from "pino";
import { peerOf, type Transport } from "../sockets/transport.js";
import { createThrottledWarn } from "../throttled-warn.js";
import type { CertificateFiles, ServableCertificate } from "./certificate-files.js";
import { watchCertificate } from "./certificate-watch.js";
import { describeHandshakeFailure, type HandshakeFailure, noApplicationProtocol } from "./handshake-failure.js";

/** Options of {@link createTlsTransport}. */
export interface TlsTransportOptions {
  readonly files: CertificateFiles;
  /** Time that a client has to finish its handshake, in milliseconds. */
  readonly handshakeTimeoutMs: number;
  readonly logger: Logger;
  readonly onConnection: (socket: TLSSocket) => void;
}

/**
 * Cipher suites. The first three are those of TLS 1.3. For TLS 1.2, HTTP/2 permits only ephemeral keys with an AEAD
 * cipher (RFC 9113, section 9.2.2).
 */
const ciphers = [
  "TLS_AES_128_GCM_SHA256",
  "TLS_AES_256_GCM_SHA384",
  "TLS_CHACHA20_POLY1305_SHA256",
  "ECDHE+AESGCM",
  "ECDHE+CHACHA20",
].join(":");

/**
 * Creates a transport for HTTP/2 over TLS 1.2 or later. New connections use the current certificate in the files. Open
 * connections keep theirs.
 *
 * @throws Error with the file and its problem if the files cannot be served at the start.
 */
export async function createTlsTransport({
  files,
  handshakeTimeoutMs,
  logger,
  onConnection,
}: TlsTransportOptions): Promise<Transport> {
  const warn = createThrottledWarn(logger);
  const peers = new WeakMap<object, string>();
  const refuse = (socket: TLSSocket, { code, reason }: HandshakeFailure) => {
    socket.destroy();
    // After Node has refused the client's certificate, only the underlying socket still has the address.
    const peer = peers.get(Reflect.get(socket, "_parent")) ?? peerOf(socket);
    if (code === "ECONNRESET") {
      // Probes of load balancers cause this constantly.
      logger.debug({ code, reason, peer }, "TLS handshake failed");
    } else {
      warn(code, { code, reason, peer }, "TLS handshake failed");
    }
  };
  const clientAuth = files.clientCaFile !== undefined;
  const server = createServer({
    ALPNProtocols: ["h2"],
    handshakeTimeout: handshakeTimeoutMs,
    requestCert: clientAuth,
    rejectUnauthorized: clientAuth,
  });
  let closed = false;

  server.on("tlsClientError", (error, socket) => refuse(socket, describeHandshakeFailure(error, socket)));
  server.on("secureConnection", (socket) => {
    // Without a listener, an error would end the process. HTTP/2 removes its own before the socket is closed.
    socket.on("error", (error) => logger.debug({ err: error, peer: peerOf(socket) }, "connection failed"));
    if (closed) {
      socket.destroy();
    } else if (socket.alpnProtocol !== "h2") {
      refuse(socket, noApplicationProtocol);
    } else {
      cachePeerCertificate(socket);
      onConnection(socket.ref());
    }
  });

  const serve = ({ pem }: ServableCertificate) => {
    const options = { ...pem, minVersion: "TLSv1.2", ciphers, sessionIdContext: "grpc" } as const;
    server.setSecureContext(options);
    if (clientAuth) {
      // Also trusts authorities whose own issuer is not in the file. setSecureContext has no such option.
      const context = createSecureContext({ ...options, honorCipherOrder: true, allowPartialTrustChain: true });
      Reflect.set(server, "_sharedCreds", context);
    }
  };
  const watch = await watchCertificate(files, serve, { logger });
  return {
    accept(socket) {
      peers.set(socket, peerOf(socket));
      // A handshake in progress must not keep the process alive.
      server.emit("connection", socket.unref());
    },
    close() {
      closed = true;
      watch.close();
    },
  };
}

/** Caches the client's certificate: grpc-js reads it for every call, and Node converts it each time. */
function cachePeerCertificate(socket: TLSSocket): void {
  const getPeerCertificate = socket.getPeerCertificate.bind(socket);
  let certificate: DetailedPeerCertificate | undefined;
  socket.getPeerCertificate = () => {
    certificate ??= getPeerCertificate(true);
    return certificate;
  };
}
