import assert from "node:assert/strict";
import { once } from "node:events";
import { writeFile } from "node:fs/promises";
import { connect as connectHttp2 } from "node:http2";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { Client, type ServiceError, status } from "@grpc/grpc-js";
import { callUnary } from "@hello/testing/call-unary";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { EchoRequest, EchoService } from "@hello/testing/echo";
import { call, clientCredentials, connectTls, serveTls, type TlsServerOptions } from "../../test/tls-server.js";

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

test("serves a client that trusts the authority, without an identity", async () => {
  await using server = await serveTls(certificates);
  assert.equal(await call(server.target, clientCredentials(certificates)), "World");
  assert.deepEqual(server.identities, [undefined]);
});

test("delivers a large request intact", async () => {
  await using server = await serveTls(certificates);
  const name = "é".repeat(2 ** 20);
  assert.ok((await call(server.target, clientCredentials(certificates), name)) === name);
});

test("serves TLS over a Unix domain socket", async () => {
  await using server = await serveTls(certificates, { address: `unix:${join(certificates.folder, "tls.sock")}` });
  assert.equal(await call(server.target, clientCredentials(certificates)), "World");
});

test("passes the identity of the client to the handler if there is a client CA", async () => {
  await using server = await serveTls(certificates, { mutual: true });
  const client = await certificates.ca.issue("billing", { uris: ["spiffe://example.org/billing"] });
  assert.equal(await call(server.target, clientCredentials(certificates, { client })), "World");
  const [identity] = server.identities;
  assert.equal(identity?.subject, "CN=billing");
  assert.equal(identity.issuer, "CN=ca");
  assert.equal(identity.spiffeId, "spiffe://example.org/billing");
});

test("reads the identity of the client once for each connection", async () => {
  await using server = await serveTls(certificates, { mutual: true });
  const [one, two] = await Promise.all([certificates.ca.issue("one"), certificates.ca.issue("two")]);
  const client = new Client(`localhost:${server.port}`, clientCredentials(certificates, { client: one }));
  const ask = () => callUnary(client, EchoService.unary, new EchoRequest());
  await ask();
  await ask();
  client.close();
  await call(server.target, clientCredentials(certificates, { client: two }));
  const [first, second, third] = server.identities;
  assert.equal(first?.subject, "CN=one");
  assert.equal(first, second);
  assert.equal(third?.subject, "CN=two");
});

test("identifies a client that resumes a session", async () => {
  await using server = await serveTls(certificates, { mutual: true });
  const { client } = certificates;
  const first = connectTls(certificates, server.port, client);
  const [session] = await once(first.resume(), "session");
  first.destroy();
  const second = connectTls(certificates, server.port, { ...client, session });
  await once(second, "secureConnect");
  assert.equal(second.isSessionReused(), true);
  const http2 = connectHttp2(`https://localhost:${server.port}`, { createConnection: () => second });
  const stream = http2.request({
    ":method": "POST",
    ":path": EchoService.unary.path,
    "content-type": "application/grpc",
  });
  // The frame of an empty message.
  await once(stream.end(Buffer.alloc(5)).resume(), "close");
  http2.close();
  assert.equal(server.identities[0]?.subject, "CN=client");
});

/** Function that returns the authorities that the server trusts, and the certificate of the client. */
type Trust = () => Promise<{ trusted: readonly { cert: string }[]; client: { cert: string; key: string } }>;

/** Issues an intermediate authority, and a client certificate from it. */
async function issueIntermediate(name: string) {
  const intermediate = await certificates.ca.issueAuthority(name);
  return { intermediate, client: await intermediate.issue(`${name}-client`) };
}

const trustedClients: Record<string, Trust> = {
  "an intermediate authority alone": async () => {
    const { intermediate, client } = await issueIntermediate("alone");
    return { trusted: [intermediate], client };
  },
  "an intermediate authority and the root of another": async () => {
    const { intermediate, client } = await issueIntermediate("beside");
    return { trusted: [certificates.untrusted.ca, intermediate], client };
  },
  "the root of a client that sends the intermediate authority": async () => {
    const { intermediate, client } = await issueIntermediate("sent");
    return { trusted: [certificates.ca], client: { ...client, cert: client.cert + intermediate.cert } };
  },
};
for (const [what, trust] of Object.entries(trustedClients)) {
  test(`trusts ${what}`, async () => {
    const { trusted, client } = await trust();
    const clientCaFile = join(certificates.folder, "trusted.crt");
    await writeFile(clientCaFile, trusted.map(({ cert }) => cert).join(""));
    await using server = await serveTls(certificates, { mutual: true, clientCaFile });
    assert.equal(await call(server.target, clientCredentials(certificates, { client })), "World");
    assert.equal(server.identities.length, 1);
  });
}

test("does not extend trust in an intermediate authority to its root", async () => {
  const [{ intermediate }, { client }] = await Promise.all([issueIntermediate("one-of"), issueIntermediate("two")]);
  await using server = await serveTls(certificates, { mutual: true, clientCaFile: intermediate.certFile });
  for (const refused of [client, certificates.client]) {
    await assert.rejects(call(server.target, clientCredentials(certificates, { client: refused })), {
      code: status.UNAVAILABLE,
    });
  }
  assert.equal(server.identities.length, 0);
});

const refusedClients: Record<
  string,
  { client: () => Promise<{ cert: string; key: string } | undefined>; reason: RegExp }
> = {
  "without a certificate": { client: async () => undefined, reason: /sent no certificate/ },
  "of another authority": { client: async () => certificates.untrusted.client, reason: /authority .* does not trust/ },
  "with an expired certificate": {
    client: () => certificates.ca.issue("late", { notAfter: new Date(Date.now() - 60_000) }),
    reason: /certificate has expired/,
  },
  "with a certificate for servers": {
    client: async () => certificates.wrongHost,
    reason: /not valid for client authentication/,
  },
};
for (const [who, { client, reason }] of Object.entries(refusedClients)) {
  test(`refuses a client ${who}, and logs the reason and the peer`, async () => {
    await using server = await serveTls(certificates, { mutual: true });
    const certificate = await client();
    await assert.rejects(call(server.target, clientCredentials(certificates, certificate && { client: certificate })), {
      code: status.UNAVAILABLE,
    });
    const failure = await server.handshakeFailure();
    assert.match(String(failure["reason"]), reason);
    assert.match(String(failure["peer"]), /^(127\.0\.0\.1|::1|::ffff:127\.0\.0\.1):\d+$/);
    assert.equal(server.identities.length, 0);
  });
}

test("reports to a client without a certificate that it needs one", async () => {
  await using server = await serveTls(certificates, { mutual: true });
  await assert.rejects(call(server.target, clientCredentials(certificates)), /certificate required/);
});

const distrust: Record<string, { options: () => TlsServerOptions; ca?: () => { cert: string }; cause: RegExp }> = {
  "that another authority issued": {
    options: () => ({}),
    ca: () => certificates.untrusted.ca,
    cause: /unable to (get local issuer|verify)|self-signed certificate/,
  },
  "for another host": { options: () => ({ server: certificates.wrongHost }), cause: /elsewhere\.example/ },
};
for (const [what, { options, ca = () => certificates.ca, cause }] of Object.entries(distrust)) {
  test(`fails the call of a client that refuses a certificate ${what}, with the reason`, async () => {
    await using server = await serveTls(certificates, options());
    await assert.rejects(call(server.target, clientCredentials(certificates, { ca: ca() })), (error: ServiceError) => {
      assert.equal(error.code, status.UNAVAILABLE);
      assert.match(error.details, cause);
      return true;
    });
  });
}
