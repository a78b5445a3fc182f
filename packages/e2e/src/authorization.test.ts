import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { promisify } from "node:util";
import { type ClientOptions, RpcError, ServiceClient, type TlsOptions } from "@hello/grpc-client";
import {
  type AuthorizedCaller,
  allowPrincipals,
  bindService,
  createServer,
  type ServerCall,
  type ServerOptions,
  type VerifiedToken,
} from "@hello/grpc-server";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { encode } from "@hello/testing/reflection-messages";
import { requires } from "@hello/testing/requires";
import { createLocalJWKSet, jwtVerify, UnsecuredJWT } from "jose";
import { createTokenIssuer, issuer, type TokenIssuer } from "./token-issuer.js";

const openssl = requires("openssl");

let certificates: TestCertificates;
let tokens: TokenIssuer;
before(async () => {
  [certificates, tokens] = await Promise.all([createCertificates(), createTokenIssuer()]);
});
after(() => certificates[Symbol.asyncDispose]());

interface Token extends VerifiedToken {
  readonly scope: unknown;
}

type Caller = AuthorizedCaller<Token>;

const policy = { "testing.v1.Echo": ["spiffe://acme.example/checkout", "dns:billing.acme.example", "subject:ada"] };

async function verifyToken(token: string): Promise<Token> {
  const keys = createLocalJWKSet(tokens.jwks);
  const { payload } = await jwtVerify(token, keys, { issuer, audience: "hello", requiredClaims: ["exp"] });
  return { subject: payload.sub, scope: payload["scope"] };
}

/** Credentials of a client: a certificate, a token, both or none. */
interface Credentials extends Pick<TlsOptions, "cert" | "key">, Pick<ClientOptions, "token"> {}

/** Options of {@link serve}. */
interface TestOptions extends Pick<ServerOptions<Caller>, "authorize" | "authorizeStandardServices"> {
  /** `true` to request a certificate from clients. Default: `false`. */
  readonly mutual?: boolean;
}

/** Serves Echo over TLS until the test ends. Each method responds with the context of its call. */
async function serve(
  t: TestContext,
  { mutual = false, authorize = allowPrincipals(policy, { verifyToken }), authorizeStandardServices }: TestOptions = {},
) {
  const handled: string[] = [];
  const respond = ({ path, context }: ServerCall<Caller>) => {
    handled.push(path);
    return new EchoResponse().setValue(JSON.stringify(context));
  };
  const echo = {
    unary: async (_request: EchoRequest, call: ServerCall<Caller>) => respond(call),
    async *serverStream(_request: EchoRequest, call: ServerCall<Caller>) {
      yield respond(call);
    },
    async clientStream(requests: AsyncIterable<EchoRequest>, call: ServerCall<Caller>) {
      await collect(requests);
      return respond(call);
    },
    async *bidiStream(requests: AsyncIterable<EchoRequest>, call: ServerCall<Caller>) {
      await collect(requests);
      yield respond(call);
    },
  };
  const { certFile, keyFile } = certificates.server;
  const server = createServer({
    addresses: ["127.0.0.1:0"],
    tls: { certFile, keyFile, ...(mutual && { clientCaFile: certificates.ca.certFile }) },
    services: [bindService(EchoService, echo)],
    authorize,
    authorizeStandardServices,
  });
  const [address] = await server.start();
  t.after(() => Promise.all([server.shutdown(), server.shutdown()]));
  return {
    handled,
    /** Creates a client with the given credentials. */
    connect({ cert, key, token }: Credentials = {}): TestClient {
      const tls = { ca: certificates.ca.cert, cert, key };
      const client = new TestClient(`${address}`, { tls, token, timeoutMs: 30_000 });
      t.after(() => client.close());
      return client;
    },
  };
}

/** Client of the Echo service and of the standard services. */
class TestClient extends ServiceClient {
  /** Calls a method of each kind, and resolves with the contexts in their responses, or their failures. */
  echo(requests: () => AsyncIterable<EchoRequest> = oneRequest): Promise<unknown[]> {
    const request = new EchoRequest();
    return Promise.all(
      [
        this.unary(EchoService.unary, request).then((response) => [response]),
        collect(this.serverStream(EchoService.serverStream, request)),
        this.clientStream(EchoService.clientStream, requests()).then((response) => [response]),
        collect(this.bidiStream(EchoService.bidiStream, requests())),
      ].map((call) => call.then((responses) => responses.map((response) => JSON.parse(response.getValue())), failure)),
    );
  }

  /** Calls each method of the standard services, and resolves with "OK" or the failure of each. */
  standard(): Promise<unknown[]> {
    const method = (path: string, requestStream: boolean, responseStream: boolean) => {
      const bytes = (message: Buffer) => message;
      return { path, requestStream, responseStream, requestSerialize: bytes, responseDeserialize: bytes };
    };
    const watch = method("/grpc.health.v1.Health/Watch", false, true);
    const reflection = ["v1", "v1alpha"].map((version) =>
      method(`/grpc.reflection.${version}.ServerReflection/ServerReflectionInfo`, true, true),
    );
    return Promise.all(
      [
        this.unary(method("/grpc.health.v1.Health/Check", false, false), Buffer.of()),
        this.unary(method("/grpc.health.v1.Health/List", false, false), Buffer.of()),
        this.serverStream(watch, Buffer.of()).next(),
        ...reflection.map((info) => collect(this.bidiStream(info, [encode.services()]))),
      ].map((call) => call.then(() => "OK", failure)),
    );
  }
}

async function* oneRequest() {
  yield new EchoRequest();
}

async function* endlessRequests() {
  yield new EchoRequest();
  await new Promise<never>(() => {});
}

/** Reads a stream to its end. */
async function collect<Message>(messages: AsyncIterable<Message>): Promise<Message[]> {
  const all: Message[] = [];
  for await (const message of messages) {
    all.push(message);
  }
  return all;
}

function failure(error: unknown): string {
  assert.ok(error instanceof RpcError);
  return `${error.status}: ${error.details}`;
}

/** Repeats an expected outcome for each kind of method. */
const everyKind = <Outcome>(outcome: Outcome): Outcome[] => Array.from({ length: 4 }, () => outcome);
const unauthenticated = (details: string) => everyKind(`UNAUTHENTICATED: ${details}`);
const denied = everyKind("PERMISSION_DENIED: permission denied");

test("identifies a client by the SPIFFE ID in its certificate", async (t) => {
  const server = await serve(t, { mutual: true });
  const checkout = await certificates.ca.issue("checkout", { uris: ["spiffe://acme.example/checkout"] });
  const context = { principal: "spiffe://acme.example/checkout" };
  assert.deepEqual(await server.connect(checkout).echo(), everyKind([context]));
});

test("identifies a client by a DNS name in its certificate", { skip: openssl.skip }, async (t) => {
  const server = await serve(t, { mutual: true });
  const { ca, folder } = certificates;
  const command =
    "req -config /dev/null -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 1 -subj /CN=billing";
  const names = "subjectAltName=DNS:b.example,DNS:Billing.ACME.example";
  await promisify(execFile)(
    openssl.program,
    [
      ...[
        ...command.split(" "),
        "-CA",
        ca.certFile,
        "-CAkey",
        ca.keyFile,
        "-out",
        "billing.crt",
        "-keyout",
        "billing.key",
      ],
      ...["-addext", names, "-addext", "extendedKeyUsage=clientAuth"],
    ],
    { cwd: folder },
  );
  const cert = await readFile(join(folder, "billing.crt"));
  const key = await readFile(join(folder, "billing.key"));
  const context = { principal: "dns:billing.acme.example" };
  assert.deepEqual(await server.connect({ cert, key }).echo(), everyKind([context]));
});

test("denies a certificate that the policy does not list, and runs no handler", async (t) => {
  const server = await serve(t, { mutual: true });
  const child = await certificates.ca.issue("child", { uris: ["spiffe://acme.example/checkout/child"] });
  for (const certificate of [child, certificates.client]) {
    assert.deepEqual(await server.connect(certificate).echo(), denied);
  }
  assert.deepEqual(server.handled, []);
});

test("identifies a client by the subject of its token, with or without a certificate", async (t) => {
  const token = () => tokens.sign();
  const context = { principal: "subject:ada", token: { subject: "ada", scope: "greet" } };
  for (const mutual of [false, true]) {
    const server = await serve(t, { mutual });
    assert.deepEqual(await server.connect({ ...(mutual && certificates.client), token }).echo(), everyKind([context]));
  }
});

test("denies a token of another subject, and runs no handler", async (t) => {
  const server = await serve(t);
  assert.deepEqual(await server.connect({ token: () => tokens.sign({ sub: "eve" }) }).echo(), denied);
  assert.deepEqual(server.handled, []);
});

test("rejects a client without an identity as UNAUTHENTICATED, and runs no handler", async (t) => {
  const server = await serve(t);
  assert.deepEqual(await server.connect().echo(), unauthenticated("authentication required"));
  assert.deepEqual(server.handled, []);
});

test("rejects a stream while the client is still sending", async (t) => {
  const server = await serve(t);
  assert.deepEqual(await server.connect().echo(endlessRequests), unauthenticated("authentication required"));
});

const claims: Record<string, Readonly<Record<string, unknown>>> = {
  "that has expired": { exp: 1 },
  "that is not valid yet": { nbf: 9_999_999_999 },
  "without an expiry": { exp: undefined },
  "of another issuer": { iss: "https://issuer.example.evil" },
  "for another audience": { aud: "other" },
  "without a subject": { sub: undefined },
};
const invalidTokens: Record<string, () => Promise<string>> = {
  ...Object.fromEntries(Object.entries(claims).map(([name, replaced]) => [name, () => tokens.sign(replaced)])),
  "signed with another key": async () => (await createTokenIssuer()).sign(),
  "without a signature": async () =>
    new UnsecuredJWT({ iss: issuer, aud: "hello", sub: "ada", exp: 9_999_999_999 }).encode(),
  "that is not a JWT": async () => "ada",
};

for (const [name, token] of Object.entries(invalidTokens)) {
  test(`rejects a token ${name} as UNAUTHENTICATED, even with an authorized certificate`, async (t) => {
    const checkout = await certificates.ca.issue("checkout", { uris: ["spiffe://acme.example/checkout"] });
    for (const mutual of [false, true]) {
      const server = await serve(t, { mutual });
      const client = server.connect({ ...(mutual && checkout), token });
      assert.deepEqual(await client.echo(), unauthenticated("invalid token"));
      assert.deepEqual(server.handled, []);
    }
  });
}

test("leaves health and reflection open by default", async (t) => {
  const server = await serve(t);
  assert.deepEqual(await server.connect().standard(), Array(5).fill("OK"));
});

test("authorizes health and reflection too with authorizeStandardServices", async (t) => {
  const extended = { ...policy, "grpc.health.v1.Health": ["subject:probe"], "*": ["subject:ada"] };
  const authorize = allowPrincipals(extended, { verifyToken });
  const server = await serve(t, { authorizeStandardServices: true, authorize });
  const refused = "UNAUTHENTICATED: authentication required";
  assert.deepEqual(await server.connect().standard(), Array(5).fill(refused));
  const [check, ...others] = await server.connect({ token: () => tokens.sign() }).standard();
  assert.equal(check, denied[0]);
  assert.deepEqual(others, [denied[0], denied[0], "OK", "OK"]);
  const probe = server.connect({ token: () => tokens.sign({ sub: "probe" }) });
  assert.equal(await probe.checkHealth(), "SERVING");
});

test("applies the entry of a method instead of the entry of its service", async (t) => {
  const extended = { ...policy, "testing.v1.Echo/BidiStream": ["subject:admin"] };
  const server = await serve(t, { authorize: allowPrincipals(extended, { verifyToken }) });
  const [, , , bidi] = await server.connect({ token: () => tokens.sign() }).echo();
  assert.equal(bidi, denied[0]);
  const [unary, , , adminBidi] = await server.connect({ token: () => tokens.sign({ sub: "admin" }) }).echo();
  assert.equal(unary, denied[0]);
  assert.deepEqual(adminBidi, [{ principal: "subject:admin", token: { subject: "admin", scope: "greet" } }]);
});

test("refuses to create a server whose policy names services or methods that it does not serve", async (t) => {
  for (const name of ["testing.v1.Ech", "testing.v1.Echo/Unari", "Hello", "grpc.health.v1.Health"]) {
    await assert.rejects(serve(t, { authorize: allowPrincipals({ ...policy, [name]: [] }, { verifyToken }) }), {
      name: "TypeError",
      message: `the access policy names services or methods that are not served: ${name}`,
    });
  }
});
