import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlain, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { type ConnectionOptions, connect, type TLSSocket } from "node:tls";
import { Client, credentials, Server, ServerCredentials, type ServiceError, status } from "@grpc/grpc-js";
import { HelloRequest, HelloResponse, HelloService } from "@hello/proto";
import { captureLog } from "@hello/testing/captured-log";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { pino } from "pino";
import { createAdmission } from "./admission.js";
import { listen } from "./listener.js";
import type { PeerIdentity } from "./peer-identity.js";
import { addServicer } from "./servicer.js";
import { createTlsTransport } from "./tls.js";

const { hello } = HelloService;

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

interface ServeOptions {
  /** Whether clients need a certificate. */
  readonly mutual?: boolean;
  readonly handshakeTimeoutMs?: number;
  readonly address?: string;
  readonly server?: { readonly certFile: string; readonly keyFile: string };
}

/** Serves over TLS. */
async function serve({
  mutual = false,
  handshakeTimeoutMs = 10_000,
  address = "localhost:0",
  server: { certFile, keyFile } = certificates.server,
}: ServeOptions = {}) {
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
    /** Who called, as the handlers have seen it. */
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
async function call(target: string, secure = credentials.createInsecure(), name = "World", timeoutMs = 30_000) {
  const client = new Client(target.replace(/^.*:(?=\d+$)/, "localhost:"), secure, {
    "grpc.use_local_subchannel_pool": 1,
    ...(target.startsWith("unix:") && { "grpc.ssl_target_name_override": "localhost" }),
  });
  try {
    return await new Promise<string>((resolve, reject) =>
      client.makeUnaryRequest(
        hello.path,
        hello.requestSerialize,
        hello.responseDeserialize,
        new HelloRequest().setValue(name),
        { deadline: Date.now() + timeoutMs },
        (error, response) => (error ? reject(error) : resolve(response?.getValue() ?? "")),
      ),
    );
  } finally {
    client.close();
  }
}

const secure = ({
  ca = certificates.ca,
  client,
}: {
  ca?: { cert: string };
  client?: { cert: string; key: string };
} = {}) =>
  credentials.createSsl(
    Buffer.from(ca.cert),
    client ? Buffer.from(client.key) : null,
    client ? Buffer.from(client.cert) : null,
  );

/** Opens a TLS connection that offers HTTP/2 and trusts the server, but where the options say otherwise. */
function open(port: number, options: ConnectionOptions = {}): TLSSocket {
  return connect({ port, host: "localhost", ca: certificates.ca.cert, ALPNProtocols: ["h2"], ...options });
}

/** Resolves when a socket is closed, be it by a reset. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket
      .on("error", () => undefined)
      .on("close", () => resolve())
      .resume();
  });
}

test("a client that trusts the authority is served, and is nobody", async () => {
  using server = await serve();
  assert.equal(await call(server.target, secure()), "World");
  assert.deepEqual(server.identities, [undefined]);
});

test("a large request arrives whole", async () => {
  using server = await serve();
  const name = "é".repeat(2 ** 20);
  assert.ok((await call(server.target, secure(), name)) === name);
});

test("TLS works over a Unix domain socket", async () => {
  using server = await serve({ address: `unix:${join(certificates.folder, "tls.sock")}` });
  assert.equal(await call(server.target, secure()), "World");
});

test("with a client CA, the handler knows the client", async () => {
  using server = await serve({ mutual: true });
  const client = await certificates.ca.issue("billing", { uris: ["spiffe://example.org/billing"] });
  assert.equal(await call(server.target, secure({ client })), "World");
  const [identity] = server.identities;
  assert.equal(identity?.subject, "CN=billing");
  assert.equal(identity.issuer, "CN=ca");
  assert.equal(identity.spiffeId, "spiffe://example.org/billing");
});

test("a client is read once for each connection, and each connection has its own", async () => {
  using server = await serve({ mutual: true });
  const [one, two] = await Promise.all([certificates.ca.issue("one"), certificates.ca.issue("two")]);
  const client = new Client(`localhost:${server.port}`, secure({ client: one }));
  const ask = () =>
    new Promise<void>((resolve, reject) =>
      client.makeUnaryRequest(
        hello.path,
        hello.requestSerialize,
        hello.responseDeserialize,
        new HelloRequest(),
        (error) => (error ? reject(error) : resolve()),
      ),
    );
  await ask();
  await ask();
  client.close();
  await call(server.target, secure({ client: two }));
  const [first, second, third] = server.identities;
  assert.equal(first?.subject, "CN=one");
  assert.equal(first, second);
  assert.equal(third?.subject, "CN=two");
});

test("a client that resumes a session is still known", async () => {
  using server = await serve({ mutual: true });
  const { client } = certificates;
  const first = open(server.port, client);
  const [session] = await once(first.resume(), "session");
  first.destroy();
  const second = open(server.port, { ...client, session });
  await once(second, "secureConnect");
  assert.equal(second.isSessionReused(), true);
  const http2 = connectHttp2(`https://localhost:${server.port}`, { createConnection: () => second });
  const stream = http2.request({ ":method": "POST", ":path": hello.path, "content-type": "application/grpc" });
  // The frame of an empty message.
  await once(stream.end(Buffer.alloc(5)).resume(), "close");
  http2.close();
  assert.equal(server.identities[0]?.subject, "CN=client");
});

const refusedClients: Record<
  string,
  { client: () => Promise<{ cert: string; key: string } | undefined>; reason: RegExp }
> = {
  "without a certificate": { client: async () => undefined, reason: /sent no certificate/ },
  "of another authority": { client: async () => certificates.other.client, reason: /authority .* does not trust/ },
  "with an expired certificate": {
    client: () => certificates.ca.issue("late", { notAfter: new Date(Date.now() - 60_000) }),
    reason: /certificate has expired/,
  },
  "with a certificate for servers": { client: async () => certificates.wrongHost, reason: /not meant for clients/ },
};
for (const [who, { client, reason }] of Object.entries(refusedClients)) {
  test(`a client ${who} is refused, and the log says why and who`, async () => {
    using server = await serve({ mutual: true });
    const certificate = await client();
    await assert.rejects(call(server.target, secure(certificate && { client: certificate })), {
      code: status.UNAVAILABLE,
    });
    const failure = await server.failure();
    assert.match(String(failure["reason"]), reason);
    assert.match(String(failure["peer"]), /^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1):\d+$/);
    assert.equal(server.identities.length, 0);
  });
}

test("a client without a certificate is told that it needs one", async () => {
  using server = await serve({ mutual: true });
  await assert.rejects(call(server.target, secure()), /certificate required/);
});

const distrust: Record<string, { options: () => ServeOptions; ca?: () => { cert: string }; cause: RegExp }> = {
  "that another authority issued": {
    options: () => ({}),
    ca: () => certificates.other.ca,
    cause: /unable to (get local issuer|verify)|self-signed certificate/,
  },
  "for another host": { options: () => ({ server: certificates.wrongHost }), cause: /elsewhere\.example/ },
};
for (const [what, { options, ca = () => certificates.ca, cause }] of Object.entries(distrust)) {
  test(`a client refuses a certificate ${what}, and says so`, async () => {
    using server = await serve(options());
    await assert.rejects(call(server.target, secure({ ca: ca() })), (error: ServiceError) => {
      assert.equal(error.code, status.UNAVAILABLE);
      assert.match(error.details, cause);
      return true;
    });
  });
}

const hellos: Record<string, { options: ConnectionOptions; reason: RegExp; error: RegExp }> = {
  "TLS 1.1": {
    options: { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
    reason: /no version of TLS from 1\.2 on/,
    error: /alert protocol version/,
  },
  "a cipher suite that HTTP/2 forbids": {
    options: { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" },
    reason: /no cipher suite/,
    error: /alert handshake failure/,
  },
  "another protocol than HTTP/2": {
    options: { ALPNProtocols: ["http/1.1"] },
    reason: /does not offer HTTP\/2/,
    error: /alert no application protocol/,
  },
};
for (const [what, { options, reason, error }] of Object.entries(hellos)) {
  test(`a client that offers ${what} alone is refused, and both sides know why`, async () => {
    using server = await serve();
    await assert.rejects(once(open(server.port, options), "secureConnect"), error);
    assert.match(String((await server.failure())["reason"]), reason);
  });
}

test("a client that offers no protocol is cut off", async () => {
  using server = await serve();
  const client = open(server.port, { ALPNProtocols: [] });
  await closed(client);
  assert.match(String((await server.failure())["reason"]), /does not offer HTTP\/2/);
});

test("TLS 1.2 is enough", async () => {
  using server = await serve();
  const client = open(server.port, { maxVersion: "TLSv1.2" });
  await once(client, "secureConnect");
  assert.equal(client.getProtocol(), "TLSv1.2");
  client.destroy();
});

test("plain text to a TLS port fails, and the log says that it was plain text", async () => {
  using server = await serve();
  await assert.rejects(call(server.target, credentials.createInsecure()), { code: status.UNAVAILABLE });
  assert.match(String((await server.failure())["reason"]), /plain text/);
});

test("a client that sends its hello byte by byte is cut off when its time is over", async () => {
  using server = await serve({ handshakeTimeoutMs: 200 });
  const client = connectPlain(server.port, "localhost");
  await once(client, "connect");
  const hello = [0x16, 3, 1, 2, 0, ...Array<number>(500).fill(1)];
  const drip = setInterval(() => client.write(Buffer.of(hello.shift() ?? 0)), 20);
  await closed(client);
  clearInterval(drip);
  assert.match(String((await server.failure())["reason"]), /did not finish the handshake in time/);
});

test("a scanner leaves one warning, and the rest at debug", async () => {
  using server = await serve();
  for (let count = 0; count < 20; count++) {
    const client = connectPlain(server.port, "localhost", () => client.end("GET / HTTP/1.1\r\n\r\n"));
    await closed(client);
  }
  await server.failure();
  const levels = server.log.lines.filter(({ msg }) => msg === "TLS handshake failed").map(({ level }) => level);
  assert.deepEqual(levels, [40, ...Array<number>(19).fill(20)]);
});

test("a probe that connects and says nothing leaves no warning", async () => {
  using server = await serve();
  const client = connectPlain(server.port, "localhost", () => client.end());
  await closed(client);
  assert.equal((await server.failure()).level, 20);
});

test("a client that breaks off anywhere does no harm", async () => {
  using server = await serve();
  for (const event of ["connect", "secureConnect"]) {
    const client = connectPlain(server.port, "localhost");
    await once(event === "connect" ? client : open(server.port, { socket: client }), event);
    client.resetAndDestroy();
    await closed(client);
  }
  assert.equal(await call(server.target, secure()), "World");
});
