import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { makeTemporaryFolder } from "./temporary-folder.js";

/** A certificate with its private key, as PEM text and in files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Whom a certificate is for, and when it is valid. */
export interface CertificateOptions {
  /** The names of a server, without which it is a client's. */
  readonly hosts?: readonly string[];
  /** Identifiers such as SPIFFE IDs. */
  readonly uris?: readonly string[];
  /** Default: yesterday, so that no clock is behind it. */
  readonly notBefore?: Date;
  /** Default: tomorrow. */
  readonly notAfter?: Date;
}

/** Signs certificates. Its own is at the top of the chain: what trusts that trusts all. */
export interface CertificateAuthority extends Certificate {
  /** Issues a certificate with a new key; `name` is its common name and, before `.crt` and `.key`, its files' too. */
  issue(name: string, options?: CertificateOptions): Promise<Certificate>;
  /** Issues the certificate of another authority. */
  issueAuthority(name: string): Promise<CertificateAuthority>;
}

/** What a test of transport security needs. Disposing it deletes the files. */
export interface TestCertificates extends AsyncDisposable {
  /** Where the files are; a test may write its own there. */
  readonly folder: string;
  readonly ca: CertificateAuthority;
  /** For `localhost` and the loopback addresses. */
  readonly server: Certificate;
  readonly client: Certificate;
  /** A server's that ended an hour ago. */
  readonly expired: Certificate;
  /** A server's for `elsewhere.example` alone. */
  readonly wrongHost: Certificate;
  /** An authority that nobody trusts, with a server and a client of its own. */
  readonly other: {
    readonly ca: CertificateAuthority;
    readonly server: Certificate;
    readonly client: Certificate;
  };
}

const day = 24 * 60 * 60 * 1000;
const loopback = ["localhost", "127.0.0.1", "::1"];

/** Makes certificates in a new temporary folder: elliptic-curve keys, so that it takes no time. */
export async function createCertificates(): Promise<TestCertificates> {
  const folder = await makeTemporaryFolder("hello-certificates-");
  const [ca, otherCa] = await Promise.all([createAuthority(folder, "ca"), createAuthority(folder, "other-ca")]);
  const [server, client, expired, wrongHost, otherServer, otherClient] = await Promise.all([
    ca.issue("server", { hosts: loopback }),
    ca.issue("client"),
    ca.issue("expired", { hosts: loopback, notAfter: new Date(Date.now() - day / 24) }),
    ca.issue("wrong-host", { hosts: ["elsewhere.example"] }),
    otherCa.issue("other-server", { hosts: loopback }),
    otherCa.issue("other-client"),
  ]);
  return {
    folder,
    ca,
    server,
    client,
    expired,
    wrongHost,
    other: { ca: otherCa, server: otherServer, client: otherClient },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
}

async function createAuthority(folder: string, name: string, issuer?: Certificate): Promise<CertificateAuthority> {
  const ca = await makeCertificate(folder, name, {
    ...(issuer && { ca: issuer }),
    extensions: [
      { name: "basicConstraints", cA: true, critical: true },
      { name: "keyUsage", keyCertSign: true, cRLSign: true, critical: true },
    ],
  });
  return {
    ...ca,
    issueAuthority: (commonName) => createAuthority(folder, commonName, ca),
    issue(commonName, { hosts, uris = [], notBefore, notAfter } = {}) {
      const altNames = [...(hosts ?? []).map(alternativeName), ...uris.map((value) => ({ type: 6 as const, value }))];
      return makeCertificate(folder, commonName, {
        ca,
        ...(notBefore && { notBeforeDate: notBefore }),
        ...(notAfter && { notAfterDate: notAfter }),
        extensions: [
          { name: "basicConstraints", cA: false, critical: true },
          { name: "keyUsage", digitalSignature: true, critical: true },
          { name: "extKeyUsage", serverAuth: hosts !== undefined, clientAuth: hosts === undefined },
          ...(altNames.length > 0 ? [{ name: "subjectAltName" as const, altNames }] : []),
        ],
      });
    },
  };
}

async function makeCertificate(
  folder: string,
  name: string,
  options: Parameters<typeof generate>[1],
): Promise<Certificate> {
  const pair = await generate([{ name: "commonName", value: name }], {
    keyType: "ec",
    algorithm: "sha256",
    notBeforeDate: new Date(Date.now() - day),
    notAfterDate: new Date(Date.now() + day),
    ...options,
  });
  // Files of other tools end with a line break.
  const [cert, key] = [`${pair.cert}\n`, `${pair.private}\n`];
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key, { mode: 0o600 })]);
  return { cert, key, certFile, keyFile };
}

function alternativeName(host: string) {
  return /^[\d.]+$|:/.test(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host };
}
