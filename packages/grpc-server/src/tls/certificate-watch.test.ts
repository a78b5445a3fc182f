import assert from "node:assert/strict";
import { createPrivateKey, X509Certificate } from "node:crypto";
import { renameSync, writeFileSync } from "node:fs";
import { mkdir, mkdtemp, rename, rm, symlink, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { setTimeout as delay } from "node:timers/promises";
import { captureLog } from "@hello/testing/captured-log";
import { type Certificate, createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { pino } from "pino";
import { requestReload } from "../reload.js";
import type { CertificateFiles } from "./certificate-files.js";
import { watchCertificate } from "./certificate-watch.js";

const hour = 60 * 60 * 1000;
const day = 24 * hour;
const hosts = ["localhost"];

let certificates: TestCertificates;
let next: Certificate;
before(async () => {
  certificates = await createCertificates();
  next = await certificates.ca.issue("next", { hosts });
});
after(() => certificates[Symbol.asyncDispose]());

let folders = 0;
/** Creates a folder with a valid pair. */
async function makeFolder() {
  const folder = join(certificates.folder, `watched-${++folders}`);
  await mkdir(folder);
  const files = { certFile: join(folder, "tls.crt"), keyFile: join(folder, "tls.key") };
  write(files, certificates.server);
  return { folder, ...files };
}

/** Writes a pair synchronously: on a busy machine, much can happen between two asynchronous writes. */
function write({ certFile, keyFile }: CertificateFiles, pair: { cert: string; key: string }): void {
  writeFileSync(certFile, pair.cert);
  writeFileSync(keyFile, pair.key);
}

/** Watches files. Does not poll them by default. */
async function watch(files: CertificateFiles, { pollMs = hour, settleMs = 50 } = {}) {
  const log = captureLog();
  const served: string[] = [];
  const watched = await watchCertificate(files, ({ pem }) => served.push(pem.cert), {
    logger: pino({}, log),
    settleMs,
    pollMs,
  });
  return {
    log,
    served,
    change: (pair = next) => {
      const { serialNumber } = new X509Certificate(pair.cert);
      return log.line((line) => line.msg === "serving a new certificate" && line["serialNumber"] === serialNumber);
    },
    warning: () => log.line(({ level }) => level === 40),
    [Symbol.dispose]: () => watched.close(),
  };
}

test("serves a pair that is written in place, and logs one line", async () => {
  const files = await makeFolder();
  using watched = await watch(files);
  write(files, next);
  const { notAfter } = await watched.change();
  assert.equal(notAfter, new Date(new X509Certificate(next.cert).validTo).toISOString());
  write(files, certificates.server);
  await watched.change(certificates.server);
  assert.deepEqual(watched.served, [certificates.server.cert, next.cert, certificates.server.cert]);
  assert.equal(watched.log.lines.length, 3);
});

test("serves a pair whose files are written one after the other, without a warning in between", async () => {
  const files = await makeFolder();
  using watched = await watch(files, { settleMs: 1_000 });
  await writeFile(files.certFile, next.cert);
  // The watch notices the first file in this time.
  await delay(100);
  await writeFile(files.keyFile, next.key);
  await watched.change();
  assert.equal(watched.log.lines.length, 2);
});

test("serves a pair that is renamed over the old one", async () => {
  const files = await makeFolder();
  using watched = await watch(files);
  write({ certFile: `${files.certFile}.new`, keyFile: `${files.keyFile}.new` }, next);
  renameSync(`${files.certFile}.new`, files.certFile);
  renameSync(`${files.keyFile}.new`, files.keyFile);
  await watched.change();
  assert.deepEqual(watched.served, [certificates.server.cert, next.cert]);
});

test("serves a pair whose folder is swapped behind a link, as in Kubernetes", async () => {
  const { folder } = await makeFolder();
  const version = async (name: string, pair: Certificate) => {
    await mkdir(join(folder, name));
    write({ certFile: join(folder, name, "tls.crt"), keyFile: join(folder, name, "tls.key") }, pair);
    await symlink(name, join(folder, "..data_tmp"));
    await rename(join(folder, "..data_tmp"), join(folder, "..data"));
  };
  await version("..1", certificates.server);
  const files = { certFile: join(folder, "a.crt"), keyFile: join(folder, "a.key") };
  await symlink("..data/tls.crt", files.certFile);
  await symlink("..data/tls.key", files.keyFile);
  using watched = await watch(files);
  await version("..2", next);
  await watched.change();
  await version("..3", certificates.server);
  await watched.change(certificates.server);
});

test("finds a change that the system does not report by polling", async () => {
  const there = await makeFolder();
  const { folder } = await makeFolder();
  const files = { certFile: join(folder, "a.crt"), keyFile: join(folder, "a.key") };
  await symlink(there.certFile, files.certFile);
  await symlink(there.keyFile, files.keyFile);
  using watched = await watch(files, { pollMs: 50 });
  write(there, next);
  await watched.change();
  write(there, certificates.server);
  await watched.change(certificates.server);
});

test("serves a new client CA", async () => {
  const pair = await makeFolder();
  const clientCaFile = join(pair.folder, "ca.crt");
  await writeFile(clientCaFile, certificates.ca.cert);
  using watched = await watch({ ...pair, clientCaFile });
  await writeFile(clientCaFile, certificates.ca.cert + certificates.untrusted.ca.cert);
  await watched.change(certificates.server);
});

test("reads the files again on a reload", async () => {
  const { folder, certFile, keyFile } = await makeFolder();
  // Behind a link that leads out of the folder, the system reports no change.
  const links = await mkdtemp(join(folder, "links-"));
  const linked = { certFile: join(links, "tls.crt"), keyFile: join(links, "tls.key") };
  await Promise.all([symlink(certFile, linked.certFile), symlink(keyFile, linked.keyFile)]);
  using watched = await watch(linked);
  // The check at the start may already see the first change.
  for (const pair of [next, await certificates.ca.issue("after-next", { hosts })]) {
    write({ certFile, keyFile }, pair);
    requestReload();
    await watched.change(pair);
  }
});

const variants: Record<string, (pem: string) => string> = {
  "comments with dashes": (pem) => `# ----- issuer -----\n----------\nSubject: CN=x-----\n${pem}\n-- end --\n`,
  "Windows line breaks": (pem) => pem.replaceAll("\n", "\r\n"),
  "a byte order mark": (pem) => `\ufeff${pem}`,
};
for (const [what, write] of Object.entries(variants)) {
  test(`serves files with ${what}`, async () => {
    const files = await makeFolder();
    await writeFile(files.certFile, write(certificates.server.cert));
    await writeFile(files.keyFile, write(certificates.server.key));
    using watched = await watch(files);
    assert.equal(watched.served.length, 1);
  });
}

const half = (pem: string) => pem.slice(0, pem.length / 2);

/** Changes to the files after which they cannot be served, with the reason that is reported. */
const invalidFiles: Record<string, { spoil: (files: Required<CertificateFiles>) => unknown; reason: RegExp }> = {
  "a missing certificate": {
    spoil: ({ certFile }) => rm(certFile),
    reason: /the certificate .*tls\.crt cannot be read: ENOENT/,
  },
  "a missing key": { spoil: ({ keyFile }) => rm(keyFile), reason: /the private key .*tls\.key cannot be read: ENOENT/ },
  "a half-written certificate": {
    spoil: ({ certFile }) => writeFile(certFile, half(next.cert)),
    reason: /the certificate .*tls\.crt is incomplete/,
  },
  "a half-written chain": {
    spoil: ({ certFile }) => writeFile(certFile, certificates.server.cert + half(certificates.ca.cert)),
    reason: /the certificate .*tls\.crt is incomplete/,
  },
  "a half-written key": {
    spoil: ({ keyFile }) => writeFile(keyFile, half(next.key)),
    reason: /the private key .*tls\.key is incomplete/,
  },
  "an encrypted key": {
    spoil: ({ keyFile }) => {
      const encryption = { cipher: "aes-256-cbc", passphrase: "secret" } as const;
      const pem = createPrivateKey(next.key).export({ type: "pkcs8", format: "pem", ...encryption });
      return writeFile(keyFile, pem);
    },
    reason: /the private key .*tls\.key is encrypted; decrypt it with openssl pkey/,
  },
  "a key in the traditional encrypted format": {
    spoil: ({ keyFile }) => {
      const encryption = { cipher: "aes-256-cbc", passphrase: "secret" } as const;
      const pem = createPrivateKey(next.key).export({ type: "sec1", format: "pem", ...encryption });
      return writeFile(keyFile, pem);
    },
    reason: /the private key .*tls\.key is encrypted; decrypt it with openssl pkey/,
  },
  "a certificate in place of the key": {
    spoil: ({ keyFile }) => writeFile(keyFile, next.cert),
    reason: /the private key .*tls\.key contains no private key in PEM format/,
  },
  "a chain without a line break": {
    spoil: ({ certFile }) => writeFile(certFile, certificates.server.cert.trimEnd() + certificates.ca.cert),
    reason: /the certificate .*tls\.crt has no line break between two blocks/,
  },
  "an empty certificate file": {
    spoil: ({ certFile }) => writeFile(certFile, ""),
    reason: /the certificate .*tls\.crt contains no certificate/,
  },
  "a malformed certificate": {
    spoil: ({ certFile }) => writeFile(certFile, "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"),
    reason: /the certificate .*tls\.crt is invalid/,
  },
  "a key of another certificate": {
    spoil: ({ keyFile }) => writeFile(keyFile, next.key),
    reason: /the private key .*tls\.key does not match the certificate .*tls\.crt/,
  },
  "an expired certificate": {
    spoil: (files) => write(files, certificates.expired),
    reason: /the certificate .*tls\.crt has expired: it was valid until \w{3} /,
  },
  "a certificate that is not valid yet": {
    spoil: async (files) => {
      const options = { hosts, notBefore: new Date(Date.now() + day), notAfter: new Date(Date.now() + 2 * day) };
      write(files, await certificates.ca.issue("tomorrow", options));
    },
    reason: /the certificate .*tls\.crt is not valid before \w{3} /,
  },
  "a missing client CA": {
    spoil: ({ clientCaFile = "" }) => rm(clientCaFile),
    reason: /the client CA .*ca\.crt cannot be read: ENOENT/,
  },
  "a half-written client CA": {
    spoil: ({ clientCaFile = "" }) =>
      writeFile(clientCaFile, certificates.ca.cert + half(certificates.untrusted.ca.cert)),
    reason: /the client CA .*ca\.crt is incomplete/,
  },
};
for (const [what, { spoil, reason }] of Object.entries(invalidFiles)) {
  const makeAll = async () => {
    const pair = await makeFolder();
    const clientCaFile = join(pair.folder, "ca.crt");
    await writeFile(clientCaFile, certificates.ca.cert);
    return { ...pair, clientCaFile };
  };

  test(`reports ${what} at the start`, async () => {
    const files = await makeAll();
    await spoil(files);
    await assert.rejects(watch(files), reason);
  });

  test(`warns once about ${what} after the start, and serves the last good pair until the next one`, async () => {
    const files = await makeAll();
    using watched = await watch(files, { pollMs: 20 });
    await spoil(files);
    assert.match(String((await watched.warning())["reason"]), reason);
    assert.equal(watched.served.length, 1);
    await writeFile(files.clientCaFile, certificates.ca.cert);
    write(files, next);
    await watched.change();
    assert.equal(watched.served.at(-1), next.cert);
    assert.equal(watched.log.lines.filter(({ level }) => level >= 40).length, 1);
  });
}

test("logs that invalid files were restored, and warns again when they become invalid again", async () => {
  const files = await makeFolder();
  using watched = await watch(files);
  for (const count of [1, 2]) {
    await rm(files.keyFile);
    await watched.log.line(() => watched.log.lines.filter(({ level }) => level === 40).length === count);
    write(files, certificates.server);
    await watched.log.line(() => watched.log.lines.filter(({ msg }) => /again$/.test(msg)).length === count);
  }
});

test("warns that a certificate expires soon", async () => {
  const options = { hosts, notBefore: new Date(Date.now() - 10 * day), notAfter: new Date(Date.now() + hour) };
  const { certFile, keyFile } = await certificates.ca.issue("soon", options);
  using watched = await watch({ certFile, keyFile }, { pollMs: 10 });
  assert.equal((await watched.warning()).msg, "the server's certificate expires soon");
});

test("logs an error when the served certificate expires", async () => {
  const files = await makeFolder();
  // Certificates have a resolution of one second.
  write(files, await certificates.ca.issue("brief", { hosts, notAfter: new Date(Date.now() + 2_000) }));
  using watched = await watch(files, { pollMs: 50 });
  const { msg } = await watched.log.line(({ level }) => level === 50);
  assert.match(msg, /has expired/);
});
