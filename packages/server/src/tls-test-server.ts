import type { Socket } from "node:net";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { type ChannelCredentials, Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import { callUnary } from "@hello/testing/call-unary";
import { type CapturedLog, captureLog, type LogLine } from "@hello/testing/captured-log";
import type { TestCertificates } from "@hello/testing/certificates";
import { pino } from "pino";
import { createAdmission } from "./rpc/admission.js";
import { listen } from "./rpc/listener.js";
import type { PeerIdentity } from "./rpc/peer-identity.js";
import { addServicer } from "./rpc/servicer.js";
import { createTlsTransport } from "./rpc/tls.js";

/** How a {@link TlsTestServer} serves. */
export interface TlsTestServerOptions {
  /** Whether clients need a certificate. Default false. */
  readonly mutual?: boolean;
  readonly handshakeTimeoutMs?: number;
  /** Default: a free port of localhost. */
  readonly address?: string;
  readonly server?: { readonly certFile: string; readonly keyFile: string };
}

/** A server that answers over TLS with what it was asked, for the tests of this folder. */
export interface TlsTestServer extends Disposable {
  readonly target: string;
  readonly port: number;
  readonly log: CapturedLog;
  /** Who called, as the handlers have seen it. */
  readonly identities: readonly (PeerIdentity | undefined)[];
  /** Resolves with the line of the first handshake that fails. */
  failure(): Promise<LogLine>;
}

/** Serves over TLS. */
export async function serveTls(
  certificates: TestCertificates,
  {
    mutual = false,
    handshakeTimeoutMs = 10_000,
    address = "localhost:0",
    server: { certFile, keyFile } = certificates.server,
  }: TlsTestServerOptions = {},
): Promise<TlsTestServer> {
  const log = captureLog();
  const logger = pino({ level: "debug" }, log);
  const identities: (PeerIdentity | undefined)[] = [];
  const server = new Server();
  const servicer = {
    hello(request: HelloRequest, call: { readonly peerIdentity: PeerIdentity | undefined }) {
      identities.push(call.peerIdentity);
      return new HelloResponse().setValue(request.getValue());
    },
  };
  addServicer(server, HelloService, servicer, { admission: createAdmission(100), logger });
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const files = { cert: certFile, key: keyFile, ...(mutual && { clientCa: certificates.ca.certFile }) };
  const onConnection = (socket: Socket) => injector.injectConnection(socket);
  const transport = await createTlsTransport({ files, handshakeTimeoutMs, logger, onConnection });
  const listener = await listen([address], { maxConnections: 100, logger, onConnection: transport.accept });
  const [target = ""] = listener.addresses;
  return {
    target,
    port: Number(target.replace(/.*:/, "")),
    log,
    identities,
    failure: () => log.line(({ msg }) => msg === "TLS handshake failed"),
    [Symbol.dispose]() {
      listener.close();
      transport.close();
      server.forceShutdown();
    },
  };
}

/** Calls over a connection of its own; without credentials, in plain text. */
export async function call(
  target: string,
  secure: ChannelCredentials = credentials.createInsecure(),
  name = "World",
): Promise<string> {
  const client = new Client(target.replace(/^.*:(?=\d+$)/, "localhost:"), secure, {
    "grpc.use_local_subchannel_pool": 1,
    ...(target.startsWith("unix:") && { "grpc.ssl_target_name_override": "localhost" }),
  });
  try {
    return (await callUnary(client, HelloService.hello, new HelloRequest().setValue(name))).getValue();
  } finally {
    client.close();
  }
}

/** The credentials of a client that trusts the authority, and that shows a certificate where it is given one. */
export function secure(
  certificates: TestCertificates,
  { ca = certificates.ca, client }: { ca?: { cert: string }; client?: { cert: string; key: string } } = {},
): ChannelCredentials {
  return credentials.createSsl(
    Buffer.from(ca.cert),
    client ? Buffer.from(client.key) : null,
    client ? Buffer.from(client.cert) : null,
  );
}

/** Opens a TLS connection that offers HTTP/2 and trusts the server, but where the options say otherwise. */
export function open(certificates: TestCertificates, port: number, options: ConnectionOptions = {}): TLSSocket {
  return connect({ port, host: "localhost", ca: certificates.ca.cert, ALPNProtocols: ["h2"], ...options });
}
