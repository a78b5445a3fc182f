import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { ServerCredentials } from "@grpc/grpc-js";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { EchoClient } from "../../test/echo-client.js";
import { fail, serve } from "../../test/test-server.js";
import type { ClientOptions } from "../index.js";

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

function credentials({ server = certificates.server, requestClientCertificate = false } = {}): ServerCredentials {
  const pair = { cert_chain: Buffer.from(server.cert), private_key: Buffer.from(server.key) };
  return ServerCredentials.createSsl(Buffer.from(certificates.ca.cert), [pair], requestClientCertificate);
}

async function echoOnce(target: string, options: ClientOptions): Promise<string> {
  await using client = new EchoClient(target.replace("127.0.0.1", "localhost"), { retry: false, ...options });
  return await client.echo("World");
}

test("connects over TLS with a CA, as text or bytes", async () => {
  await using server = await serve({ credentials: credentials() });
  const { cert } = certificates.ca;
  assert.equal(await echoOnce(server.target, { tls: { ca: cert } }), "World");
  assert.equal(await echoOnce(server.target, { tls: { ca: new TextEncoder().encode(cert) } }), "World");
});

test("trusts only the certificate authorities of Node without a CA", async () => {
  await using server = await serve({ credentials: credentials() });
  await assert.rejects(echoOnce(server.target, { tls: true }), { status: "UNAVAILABLE", details: /set tls\.ca/ });
});

test("does not send an IP address as server name, but checks that it is in the certificate", async () => {
  const { cert: ca } = certificates.ca;
  const warnings: string[] = [];
  const onWarning = ({ name }: Error) => warnings.push(name);
  process.on("warning", onWarning);
  await using server = await serve({ credentials: credentials() });
  await using client = new EchoClient(server.target, { retry: false, tls: { ca } });
  assert.match(server.target, /^127\.0\.0\.1:/);
  assert.equal(await client.echo("World"), "World");
  await using elsewhere = await serve({ credentials: credentials({ server: certificates.wrongHost }) });
  await using refused = new EchoClient(elsewhere.target, { retry: false, tls: { ca } });
  await assert.rejects(refused.echo("World"), { details: /set tls\.serverName/ });
  process.off("warning", onWarning);
  assert.deepEqual(warnings, []);
});

test("connects over mTLS only with a trusted client certificate", async () => {
  await using server = await serve({ credentials: credentials({ requestClientCertificate: true }) });
  const ca = certificates.ca.cert;
  const { client, untrusted } = certificates;
  assert.equal(await echoOnce(server.target, { tls: { ca, cert: client.cert, key: client.key } }), "World");
  await assert.rejects(echoOnce(server.target, { tls: { ca } }), {
    details: /the server requires a client certificate/,
  });
  await assert.rejects(
    echoOnce(server.target, { tls: { ca, cert: untrusted.client.cert, key: untrusted.client.key } }),
    {
      status: "UNAVAILABLE",
    },
  );
});

test("checks that the certificate contains serverName", async () => {
  await using server = await serve({ credentials: credentials({ server: certificates.wrongHost }) });
  const ca = certificates.ca.cert;
  await assert.rejects(echoOnce(server.target, { tls: { ca } }), { details: /set tls\.serverName/ });
  assert.equal(await echoOnce(server.target, { tls: { ca, serverName: "elsewhere.example" } }), "World");
});

test("rejects the key of another certificate", () => {
  const { client, untrusted } = certificates;
  assert.throws(() => new EchoClient("localhost:1", { tls: { cert: client.cert, key: untrusted.client.key } }), {
    name: "TypeError",
    message: "tls.key does not match tls.cert",
  });
});

test("sends a token with every call, and calls a token function each time", async () => {
  await using server = await serve({ credentials: credentials() });
  const tls = { ca: certificates.ca.cert };
  await using fixed = new EchoClient(server.target, { tls, token: "abc" });
  let called = 0;
  await using rotating = new EchoClient(server.target, { tls, token: async () => `token-${++called}` });
  await fixed.echo("World");
  await rotating.echo("World");
  await rotating.echo("World");
  await rotating.checkHealth().catch(() => undefined);
  assert.deepEqual(
    server.calls.map((call) => call.metadata.get("authorization")[0]),
    ["Bearer abc", "Bearer token-1", "Bearer token-2"],
  );
  assert.equal(called, 3);
});

test("calls the token function again for a retry", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  let called = 0;
  const token = () => `token-${++called}`;
  await using client = new EchoClient(server.target, { token, allowPlaintextToken: true, retry: { maxAttempts: 3 } });
  await assert.rejects(client.echo("World"), { attempts: 3 });
  assert.deepEqual(
    server.calls.map((call) => call.metadata.get("authorization")[0]),
    ["Bearer token-1", "Bearer token-2", "Bearer token-3"],
  );
});

test("fails the call with the error of the token function as cause", async () => {
  await using server = await serve();
  const cause = new Error("the vault is sealed");
  for (const token of [
    () => Promise.reject(cause),
    () => {
      throw cause;
    },
  ]) {
    await using client = new EchoClient(server.target, { token, allowPlaintextToken: true });
    await assert.rejects(client.echo("World"), {
      status: "UNAUTHENTICATED",
      details: "failed to get a token: the vault is sealed",
      cause,
    });
  }
  assert.equal(server.calls.length, 0);
});

test("does not reveal an invalid token", async () => {
  assert.throws(() => new EchoClient("localhost:1", { token: "se cret\n", allowPlaintextToken: true }), {
    name: "TypeError",
    message: "the token is not a valid bearer token (RFC 6750)",
  });
  await using server = await serve();
  await using client = new EchoClient(server.target, { token: () => "se cret\n", allowPlaintextToken: true });
  await assert.rejects(client.echo("World"), {
    status: "UNAUTHENTICATED",
    details: "failed to get a token: the token is not a valid bearer token (RFC 6750)",
  });
});

test("ends the call at its deadline if the token takes too long", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target, {
    token: () => new Promise(() => {}),
    allowPlaintextToken: true,
    timeoutMs: 200,
  });
  await assert.rejects(client.echo("World"), { status: "DEADLINE_EXCEEDED", details: "no token within 200 ms" });
});

test("does not send `authorization` metadata in plain text unless allowed", async () => {
  await using server = await serve();
  const metadata = { Authorization: "Basic c2VjcmV0" };
  await using strict = new EchoClient(server.target);
  await assert.rejects(strict.echo("World", { metadata }), {
    name: "TypeError",
    message: /^metadata "authorization" would be sent in plain text; set tls, or allowPlaintextToken /,
  });
  assert.equal(server.calls.length, 0);
  await using lax = new EchoClient(server.target, { allowPlaintextToken: true });
  assert.equal(await lax.echo("World", { metadata }), "World");
});
