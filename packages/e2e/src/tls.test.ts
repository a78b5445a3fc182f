import assert from "node:assert/strict";
import { once } from "node:events";
import { renameSync, writeFileSync } from "node:fs";
import { connect as connectHttp2 } from "node:http2";
import { connect as connectPlain } from "node:net";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { connect } from "node:tls";
import { HelloClient } from "@hello/client";
import type { LogLine } from "@hello/testing/captured-log";
import { type Certificate, createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { run } from "@hello/testing/program";
import { python, pythonProgram } from "./python-program.js";
import { type ServerProcess, serverMain, startServer } from "./server-process.js";

let certificates: TestCertificates;
before(async () => {
  certificates = await createCertificates();
});
after(() => certificates[Symbol.asyncDispose]());

/** Returns the arguments of a server that serves TLS, or mutual TLS if there is a client CA. */
function tlsArguments({ certFile, keyFile }: Certificate, clientCa?: Certificate): string[] {
  return [
    ...["--tls-cert", certFile, "--tls-key", keyFile],
    ...(clientCa === undefined ? [] : ["--tls-client-ca", clientCa.certFile]),
  ];
}

/** Makes one call over a new connection. */
async function greet(address: string, client?: Certificate): Promise<string> {
  const target = `localhost:${portOf(address)}`;
  const { cert: ca } = certificates.ca;
  const pair = client && { cert: client.cert, key: client.key };
  await using hello = new HelloClient(target, { timeoutMs: 30_000, retry: false, tls: { ca, ...pair } });
  return await hello.hello("World");
}

const portOf = (address: string) => Number(address.replace(/.*:/, ""));

for (const mutual of [false, true]) {
  const tls = mutual ? "mutual TLS" : "TLS";

  describe(tls, () => {
    let server: ServerProcess;
    before(async () => {
      server = await startServer(...tlsArguments(certificates.server, mutual ? certificates.ca : undefined));
    });
    after(() => server[Symbol.asyncDispose]());

    test("greets HelloClient", async () => {
      assert.equal(await greet(server.address, mutual ? certificates.client : undefined), "Hello World");
    });

    test("greets a Python client", { skip: python.skip }, async () => {
      const { ca, client } = certificates;
      const pair = mutual ? [client.certFile, client.keyFile] : [];
      const target = `localhost:${portOf(server.address)}`;
      const { stdout, stderr } = await run(pythonProgram("tls_client.py", target, ca.certFile, ...pair));
      assert.equal(stdout, "Hello World\n", stderr);
    });

    if (mutual) {
      test("refuses a client without a certificate, and logs the reason", async () => {
        await assert.rejects(greet(server.address), { status: "UNAVAILABLE" });
        const { level, reason } = await server.logged(({ msg }) => msg === "TLS handshake failed");
        assert.equal(level, 40);
        assert.equal(reason, "the client sent no certificate");
      });
    }
  });
}

test("refuses TLS on a plain-text port, and logs the reason", async () => {
  await using server = await startServer();
  await assert.rejects(greet(server.address), { status: "UNAVAILABLE" });
  const { reason } = await server.logged(({ msg }) => msg === "connection refused");
  assert.equal(reason, "the client speaks TLS to a plain-text port");
});

test("fails no call over new connections while the certificate is replaced ten times", async (t) => {
  const paths = { certFile: join(certificates.folder, "live.crt"), keyFile: join(certificates.folder, "live.key") };
  // Synchronously: on a busy machine, the server could read the files between two asynchronous writes.
  const write = ({ cert, key }: { cert: string; key: string }) => {
    writeFileSync(paths.certFile, cert);
    writeFileSync(paths.keyFile, key);
  };
  write(certificates.server);
  await using server = await startServer(...tlsArguments({ ...certificates.server, ...paths }));
  const port = portOf(server.address);
  const servedSerial = async () => {
    const socket = connect({ port, host: "127.0.0.1", ca: certificates.ca.cert, ALPNProtocols: ["h2"] });
    await once(socket, "secureConnect");
    const { serialNumber } = socket.getPeerCertificate();
    socket.destroy();
    return serialNumber;
  };
  const warnings = () => server.log.filter(({ level }) => level >= 40).map(({ reason }) => String(reason));

  let serials = 0;
  const replaceWith = async (replace: (pair: Certificate) => void) => {
    const before = await servedSerial();
    replace(await certificates.ca.issue(`live-${++serials}`, { hosts: ["localhost", "127.0.0.1"] }));
    const start = Date.now();
    while ((await servedSerial()) === before) {
      assert.ok(Date.now() - start < 10_000, "the new certificate is not served");
    }
    const elapsedMs = Date.now() - start;
    assert.ok(elapsedMs < 1_000, `the new certificate was served after ${elapsedMs} ms`);
  };
  const breakWith = async (damage: (pair: Certificate) => void, reason: RegExp) => {
    const before = await servedSerial();
    const count = warnings().length;
    damage(await certificates.ca.issue("bad", { hosts: ["localhost"] }));
    await server.logged(({ level }) => level >= 40 && warnings().length > count);
    assert.match(warnings().at(-1) ?? "", reason);
    assert.equal(await servedSerial(), before);
  };
  const inPlace = () => replaceWith(write);
  const byRename = () =>
    replaceWith((pair) => {
      renameSync(pair.certFile, paths.certFile);
      renameSync(pair.keyFile, paths.keyFile);
    });
  const halfWritten = () =>
    breakWith(({ cert }) => writeFileSync(paths.certFile, cert.slice(0, 300)), /live\.crt is incomplete/);
  const mismatched = () => breakWith(({ key }) => writeFileSync(paths.keyFile, key), /does not match/);
  const replacements = [
    inPlace,
    byRename,
    halfWritten,
    inPlace,
    byRename,
    mismatched,
    inPlace,
    byRename,
    inPlace,
    byRename,
  ];

  const open = connectHttp2(`https://127.0.0.1:${port}`, { ca: certificates.ca.cert });
  await once(open, "connect");
  let calls = 0;
  let ended = false;
  const caller = async () => {
    while (!ended) {
      assert.equal(await greet(server.address), "Hello World");
      calls++;
    }
  };
  const rotation = async () => {
    for (const replace of replacements) {
      await replace();
    }
    ended = true;
  };
  await Promise.all([rotation(), caller(), caller(), caller(), caller()]);
  t.diagnostic(`${calls} calls`);

  assert.equal(warnings().length, 2);
  assert.equal(server.log.filter(({ msg }) => msg === "serving a new certificate").length, 8);
  await new Promise<void>((resolve, reject) => {
    open.ping((error) => (error === null ? resolve() : reject(error)));
  });
  open.close();
});

test("serves a new certificate from every worker", async () => {
  const pair = await certificates.ca.issue("workers", { hosts: ["localhost", "127.0.0.1"] });
  await using server = await startServer("--workers", "2", ...tlsArguments(pair));
  const started = await server.logged(({ msg }) => msg === "all workers are serving");
  await certificates.ca.issue("workers", { hosts: ["localhost", "127.0.0.1"] });
  const serves = ({ msg }: LogLine) => msg === "serving a new certificate";
  const one = await server.logged(serves);
  const other = await server.logged((line) => serves(line) && line["pid"] !== one["pid"]);
  assert.equal(other["serialNumber"], one["serialNumber"]);
  assert.ok(![one["pid"], other["pid"]].includes(started["pid"]));
  assert.deepEqual(await Promise.all([greet(server.address), greet(server.address)]), ["Hello World", "Hello World"]);
});

test("shuts down without waiting for a client that stalls in its handshake", async () => {
  const timeout = ["--handshake-timeout-ms", "120000"];
  await using server = await startServer(...tlsArguments(certificates.server), ...timeout);
  const stalled = connectPlain(portOf(server.address), "127.0.0.1");
  stalled.on("error", () => {
    // The server closes the connection.
  });
  await once(stalled, "connect");
  // The server accepts connections in order: after this call, it has accepted the stalled connection.
  await greet(server.address);
  const start = Date.now();
  assert.equal(await server.stop(), 0);
  assert.ok(Date.now() - start < 60_000);
  stalled.destroy();
});

test("fails with one line and status 1 when the certificate does not match the key", async () => {
  const { status, stderr } = await run([
    process.execPath,
    serverMain,
    ...["--address", "127.0.0.1:0"],
    ...["--tls-cert", certificates.server.certFile, "--tls-key", certificates.client.keyFile],
  ]);
  assert.equal(status, 1);
  assert.match(stderr, /^hello-server: the private key .*client\.key does not match the certificate .*server\.crt\n$/);
});

test("reports every missing certificate option, and exits with 2", async () => {
  const { status, stderr } = await run([
    process.execPath,
    serverMain,
    "--tls-client-ca",
    "ca.crt",
    "--tls-key",
    "a.key",
  ]);
  assert.equal(status, 2);
  assert.equal(stderr, "hello-server: --tls-key needs --tls-cert\nhello-server: --tls-client-ca needs --tls-cert\n");
});
