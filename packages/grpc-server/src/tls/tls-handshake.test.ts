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
for (const [what, { options, reason, error }] of Object.entries(offers)) {
  test(`a client that offers ${what} alone is refused, and both sides know why`, async () => {
    await using server = await serveTls(certificates);
    await assert.rejects(once(connectTls(certificates, server.port, options), "secureConnect"), error);
    assert.match(String((await server.handshakeFailure())["reason"]), reason);
  });
}

test("a client that offers no protocol is cut off", async () => {
  await using server = await serveTls(certificates);
  const client = connectTls(certificates, server.port, { ALPNProtocols: [] });
  await waitForClose(client);
  assert.match(String((await server.handshakeFailure())["reason"]), /does not offer HTTP\/2/);
});

test("TLS 1.2 is enough", async () => {
  await using server = await serveTls(certificates);
  const client = connectTls(certificates, server.port, { maxVersion: "TLSv1.2" });
  await once(client, "secureConnect");
  assert.equal(client.getProtocol(), "TLSv1.2");
  client.destroy();
});

test("plain text to a TLS port fails, and the log says that it was plain text", async () => {
  await using server = await serveTls(certificates);
  await assert.rejects(call(server.target), { code: status.UNAVAILABLE });
  assert.match(String((await server.handshakeFailure())["reason"]), /plain text/);
});

test("a client that sends its handshake byte by byte is cut off when its time is over", async () => {
  await using server = await serveTls(certificates, { handshakeTimeoutMs: 200 });
  const client = connect(server.port, "localhost");
  await once(client, "connect");
  const handshake = [0x16, 3, 1, 2, 0, ...Array<number>(500).fill(1)];
  const drip = setInterval(() => client.write(Buffer.of(handshake.shift() ?? 0)), 20);
  await waitForClose(client);
  clearInterval(drip);
  assert.match(String((await server.handshakeFailure())["reason"]), /did not finish the handshake in time/);
});

test("a scanner leaves one warning, and the rest at debug", async () => {
  await using server = await serveTls(certificates);
  for (let count = 0; count < 20; count++) {
    const client = connect(server.port, "localhost", () => client.end("GET / HTTP/1.1\r\n\r\n"));
    await waitForClose(client);
  }
  await server.handshakeFailure();
  const levels = server.log.lines.filter(({ msg }) => msg === "TLS handshake failed").map(({ level }) => level);
  assert.deepEqual(levels, [40, ...Array<number>(19).fill(20)]);
});

test("a probe that connects and says nothing leaves no warning", async () => {
  await using server = await serveTls(certificates);
  const client = connect(server.port, "localhost", () => client.end());
  await waitForClose(client);
  assert.equal((await server.handshakeFailure()).level, 20);
});

test("a client that breaks off anywhere does no harm", async () => {
  await using server = await serveTls(certificates);
  for (const event of ["connect", "secureConnect"]) {
    const client = connect(server.port, "localhost");
    await once(event === "connect" ? client : connectTls(certificates, server.port, { socket: client }), event);
    client.resetAndDestroy();
    await waitForClose(client);
  }
  assert.equal(await call(server.target, clientCredentials(certificates)), "World");
});
