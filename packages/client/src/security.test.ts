import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ServerCredentials } from "@grpc/grpc-js";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { HelloClient, type HelloClientOptions } from "./hello-client.js";
import { fail, serve } from "./test-server.js";

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

function credentials({ server = certificates.server, askClient = false } = {}): ServerCredentials {
  const pair = { cert_chain: Buffer.from(server.cert), private_key: Buffer.from(server.key) };
  return ServerCredentials.createSsl(Buffer.from(certificates.ca.cert), [pair], askClient);
}

async function greetOver(target: string, options: HelloClientOptions): Promise<string> {
  await using client = new HelloClient(target.replace("127.0.0.1", "localhost"), { retry: false, ...options });
  return await client.hello("World");
}

test("TLS with a CA greets, whether PEM is text or bytes", async () => {
  await using server = await serve({ credentials: credentials() });
  const { cert } = certificates.ca;
  assert.equal(await greetOver(server.target, { tls: { ca: cert } }), "Hello World");
  assert.equal(await greetOver(server.target, { tls: { ca: new TextEncoder().encode(cert) } }), "Hello World");
});

test("TLS without a CA trusts only those that Node trusts", async () => {
  await using server = await serve({ credentials: credentials() });
  await assert.rejects(greetOver(server.target, { tls: true }), { status: "UNAVAILABLE", details: /set tls\.ca/ });
});

test("an IP address as target is no server name, and must be in the certificate", async () => {
  const { cert: ca } = certificates.ca;
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => warnings.push(name);
  process.on("warning", onWarning);
  await using server = await serve({ credentials: credentials() });
  await using client = new HelloClient(server.target, { retry: false, tls: { ca } });
  assert.match(server.target, /^127\.0\.0\.1:/);
  assert.equal(await client.hello("World"), "Hello World");
  await using elsewhere = await serve({ credentials: credentials({ server: certificates.wrongHost }) });
  await using refused = new HelloClient(elsewhere.target, { retry: false, tls: { ca } });
  await assert.rejects(refused.hello("World"), { details: /set tls\.serverName/ });
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("mTLS greets a client with a certificate, and no other", async () => {
  await using server = await serve({ credentials: credentials({ askClient: true }) });
  const ca = certificates.ca.cert;
  const { client, other } = certificates;
  assert.equal(await greetOver(server.target, { tls: { ca, cert: client.cert, key: client.key } }), "Hello World");
  await assert.rejects(greetOver(server.target, { tls: { ca } }), {
    details: /the server wants a client's certificate/,
  });
  await assert.rejects(greetOver(server.target, { tls: { ca, cert: other.client.cert, key: other.client.key } }), {
    status: "UNAVAILABLE",
  });
});

test("serverName is what the certificate must bear", async () => {
  await using server = await serve({ credentials: credentials({ server: certificates.wrongHost }) });
  const ca = certificates.ca.cert;
  await assert.rejects(greetOver(server.target, { tls: { ca } }), { details: /set tls\.serverName/ });
  assert.equal(await greetOver(server.target, { tls: { ca, serverName: "elsewhere.example" } }), "Hello World");
});

test("a key of another certificate is refused when the client is made", () => {
  const { client, other } = certificates;
  assert.throws(() => new HelloClient("localhost:1", { tls: { cert: client.cert, key: other.client.key } }), {
    name: "TypeError",
    message: "tls.key is not the key of tls.cert",
  });
});

test("a token goes with every call, and a function is asked each time", async () => {
  await using server = await serve({ credentials: credentials() });
  const tls = { ca: certificates.ca.cert };
  await using fixed = new HelloClient(server.target, { tls, token: "abc" });
  let asked = 0;
  await using rotating = new HelloClient(server.target, { tls, token: async () => `token-${++asked}` });
  await fixed.hello("World");
  await rotating.hello("World");
  await rotating.hello("World");
  await rotating.check().catch(() => undefined);
  assert.deepEqual(
    server.calls.map((call) => call.metadata.get("authorization")[0]),
    ["Bearer abc", "Bearer token-1", "Bearer token-2"],
  );
  assert.equal(asked, 3);
});

test("a retry asks for the token again", async () => {
  await using server = await serve({ hello: fail(14, "busy") });
  let asked = 0;
  const token = () => `token-${++asked}`;
  await using client = new HelloClient(server.target, { token, allowPlaintextToken: true, retry: { maxAttempts: 3 } });
  await assert.rejects(client.hello("World"), { attempts: 3 });
  assert.deepEqual(
    server.calls.map((call) => call.metadata.get("authorization")[0]),
    ["Bearer token-1", "Bearer token-2", "Bearer token-3"],
  );
});

test("a token that cannot be had fails the call with its error as the cause", async () => {
  await using server = await serve();
  const cause = new Error("the vault is sealed");
  for (const token of [
    () => Promise.reject(cause),
    () => {
      throw cause;
    },
  ]) {
    await using client = new HelloClient(server.target, { token, allowPlaintextToken: true });
    await assert.rejects(client.hello("World"), {
      status: "UNAUTHENTICATED",
      details: "there is no token: the vault is sealed",
      cause,
    });
  }
  assert.equal(server.calls.length, 0);
});

test("a token that is none is not shown", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target, { token: "se cret\n", allowPlaintextToken: true });
  await assert.rejects(client.hello("World"), {
    status: "UNAUTHENTICATED",
    details: "there is no token: the token is not one that RFC 6750 allows",
  });
});

test("a token that takes too long ends the call at its deadline", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target, {
    token: () => new Promise(() => {}),
    allowPlaintextToken: true,
    timeoutMs: 200,
  });
  await assert.rejects(client.hello("World"), { status: "DEADLINE_EXCEEDED", details: "no token within 200 ms" });
});

test("`authorization` in metadata does not go out in plain text unless it is allowed", async () => {
  await using server = await serve();
  const metadata = { Authorization: "Basic c2VjcmV0" };
  await using strict = new HelloClient(server.target);
  await assert.rejects(strict.hello("World", { metadata }), {
    name: "TypeError",
    message: /^metadata "authorization" would go out in plain text; set tls, or allowPlaintextToken /,
  });
  assert.equal(server.calls.length, 0);
  await using lax = new HelloClient(server.target, { allowPlaintextToken: true });
  assert.equal(await lax.hello("World", { metadata }), "Hello World");
});
