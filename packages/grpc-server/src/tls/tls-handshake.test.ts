import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { after, before, test } from "node:test";
import type { ConnectionOptions } from "node:tls";
import { status } from "@grpc/grpc-js";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { waitForClose } from "@hello/testing/wait-for-close";
import { call, clientCredentials, connectTls, serveTls } from "../../test/tls-server.js";

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

const offers: Record<string, { options: ConnectionOptions; reason: RegExp; error: RegExp }> = {
  "TLS 1.1": {
    options: { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" },
    reason: /does not support TLS 1\.2/,
    error: /alert protocol version/,
  },
  "a cipher suite that HTTP/2 forbids": {
    options: { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" },
    reason: /no cipher suite/,
    error: /alert handshake failure/,
  },
  "a protocol other than HTTP/2": {
    options: { ALPNProtocols: ["http/1.1"] },
    reason: /does not offer HTTP\/2/,
    error: /alert no application protocol/,
  },
};
for (const [what, { options, reason, error }] of Object.entries(offers)) {
  test(`refuses a client that offers only ${what}, and reports the reason on both sides`, async () => {
    await using server = await serveTls(certificates);
    await assert.rejects(once(connectTls(certificates, server.port, options), "secureConnect"), error);
    assert.match(String((await server.handshakeFailure())["reason"]), reason);
  });
}

test("disconnects a client that offers no protocol", async () => {
  await using server = await serveTls(certificates);
  const client = connectTls(certificates, server.port, { ALPNProtocols: [] });
  await waitForClose(client);
  assert.match(String((await server.handshakeFailure())["reason"]), /does not offer HTTP\/2/);
});

test("accepts TLS 1.2", async () => {
  await using server = await serveTls(certificates);
  const client = connectTls(certificates, server.port, { maxVersion: "TLSv1.2" });
  await once(client, "secureConnect");
  assert.equal(client.getProtocol(), "TLSv1.2");
  client.destroy();
});

test("refuses plain text on a TLS port, and logs the reason", async () => {
  await using server = await serveTls(certificates);
  await assert.rejects(call(server.target), { code: status.UNAVAILABLE });
  assert.match(String((await server.handshakeFailure())["reason"]), /plain text/);
});

test("disconnects a client whose handshake, sent byte by byte, exceeds the timeout", async () => {
  await using server = await serveTls(certificates, { handshakeTimeoutMs: 200 });
  const client = connect(server.port, "localhost");
  await once(client, "connect");
  const handshake = [0x16, 3, 1, 2, 0, ...Array<number>(500).fill(1)];
  const drip = setInterval(() => client.write(Buffer.of(handshake.shift() ?? 0)), 20);
  await waitForClose(client);
  clearInterval(drip);
  assert.match(String((await server.handshakeFailure())["reason"]), /did not finish the handshake in time/);
});

test("logs the failures of a scanner as one warning, and the rest at debug level", async () => {
  await using server = await serveTls(certificates);
  for (let count = 0; count < 20; count++) {
    const client = connect(server.port, "localhost", () => client.end("GET / HTTP/1.1\r\n\r\n"));
    await waitForClose(client);
  }
  await server.handshakeFailure();
  const levels = server.log.lines.filter(({ msg }) => msg === "TLS handshake failed").map(({ level }) => level);
  assert.deepEqual(levels, [40, ...Array<number>(19).fill(20)]);
});

test("does not warn about a probe that connects and disconnects", async () => {
  await using server = await serveTls(certificates);
  const client = connect(server.port, "localhost", () => client.end());
  await waitForClose(client);
  assert.equal((await server.handshakeFailure()).level, 20);
});

test("survives clients that reset the connection before or after the handshake", async () => {
  await using server = await serveTls(certificates);
  for (const event of ["connect", "secureConnect"]) {
    const client = connect(server.port, "localhost");
    await once(event === "connect" ? client : connectTls(certificates, server.port, { socket: client }), event);
    client.resetAndDestroy();
    await waitForClose(client);
  }
  assert.equal(await call(server.target, clientCredentials(certificates)), "World");
});
