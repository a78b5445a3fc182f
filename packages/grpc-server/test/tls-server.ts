import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type ChannelCredentials, Client, credentials } from "@grpc/grpc-js";
import { callUnary } from "@hello/testing/call-unary";
import type { CapturedLog, LogLine } from "@hello/testing/captured-log";
import type { TestCertificates } from "@hello/testing/certificates";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import type { PeerIdentity } from "../src/tls/peer-identity.js";
import { serveEcho } from "./echo-server.js";

/** Options of {@link serveTls}. */
export interface TlsServerOptions {
  /** Requires a client certificate. Default false. */
  readonly mutual?: boolean;
  /** File with the authorities of client certificates, for {@link mutual}. Default: the authority of the test. */
  readonly clientCaFile?: string;
  readonly handshakeTimeoutMs?: number;
  /** Address to listen on. Default: a free port of localhost. */
  readonly address?: string;
  readonly server?: { readonly certFile: string; readonly keyFile: string };
}

/** Echo server over TLS. */
export interface TlsServer extends AsyncDisposable {
  readonly target: string;
  readonly port: number;
  readonly log: CapturedLog;
  /** Identities of the callers, as passed to the handlers. */
  readonly identities: readonly (PeerIdentity | undefined)[];
  /** Resolves with the log line of the first handshake that fails. */
  handshakeFailure(): Promise<LogLine>;
}

/** Serves the Echo service over TLS. */
export async function serveTls(
  certificates: TestCertificates,
  {
    mutual = false,
    clientCaFile = certificates.ca.certFile,
    handshakeTimeoutMs = 10_000,
    address = "localhost:0",
    server: { certFile, keyFile } = certificates.server,
  }: TlsServerOptions = {},
): Promise<TlsServer> {
  const identities: (PeerIdentity | undefined)[] = [];
  const served = await serveEcho(
    {
      unary(request, call) {
        identities.push(call.peerIdentity);
        return new EchoResponse().setValue(request.getValue());
      },
    },
    {
      level: "debug",
      addresses: [address],
      handshakeTimeoutMs,
      tls: { certFile, keyFile, clientCaFile: mutual ? clientCaFile : undefined },
    },
  );
  const { log, address: target } = served;
  return {
    target,
    port: Number(target.replace(/.*:/, "")),
    log,
    identities,
    handshakeFailure: () => log.line(({ msg }) => msg === "TLS handshake failed"),
    [Symbol.asyncDispose]: () => served[Symbol.asyncDispose](),
  };
}

/** Calls the server over a separate connection, in plain text without credentials. */
export async function call(
  target: string,
  secure: ChannelCredentials = credentials.createInsecure(),
  value = "World",
): Promise<string> {
  const client = new Client(target.replace(/^.*:(?=\d+$)/, "localhost:"), secure, {
    "grpc.use_local_subchannel_pool": 1,
    ...(target.startsWith("unix:") && { "grpc.ssl_target_name_override": "localhost" }),
  });
  try {
    return (await callUnary(client, EchoService.unary, new EchoRequest().setValue(value))).getValue();
  } finally {
    client.close();
  }
}

/** Creates credentials of a client that trusts an authority, with a certificate if one is passed. */
export function clientCredentials(
  certificates: TestCertificates,
  { ca = certificates.ca, client }: { ca?: { cert: string }; client?: { cert: string; key: string } } = {},
): ChannelCredentials {
  return credentials.createSsl(
    Buffer.from(ca.cert),
    client ? Buffer.from(client.key) : null,
    client ? Buffer.from(client.cert) : null,
  );
}

/** Opens a TLS connection that offers HTTP/2 and trusts the server by default. */
export function connectTls(certificates: TestCertificates, port: number, options: ConnectionOptions = {}): TLSSocket {
  return connect({ port, host: "localhost", ca: certificates.ca.cert, ALPNProtocols: ["h2"], ...options });
}
