import { rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { generate } from "selfsigned";
import { makeTemporaryFolder } from "./temporary-folder.js";

/** Certificate with its private key, as PEM text and in files. */
export interface Certificate {
  readonly cert: string;
  readonly key: string;
  readonly certFile: string;
  readonly keyFile: string;
}

/** Subject and validity of a certificate. */
export interface CertificateOptions {
  /** Host names and addresses of a server. Without them, the certificate is for a client. */
  readonly hosts?: readonly string[];
  /** URIs in the subject alternative name, such as SPIFFE IDs. */
  readonly uris?: readonly string[];
  /** Start of validity. Default: yesterday, to tolerate clock skew. */
  readonly notBefore?: Date;
  /** End of validity. Default: tomorrow. */
  readonly notAfter?: Date;
}

/** Certificate authority with its own certificate. */
export interface CertificateAuthority extends Certificate {
  /** Issues a certificate with a new key. `name` is its common name, and the name of its `.crt` and `.key` files. */
  issue(name: string, options?: CertificateOptions): Promise<Certificate>;
  /** Issues the certificate of an intermediate authority. */
  issueAuthority(name: string): Promise<CertificateAuthority>;
}

/** Certificates for tests of transport security. Disposing deletes the files. */
export interface TestCertificates extends AsyncDisposable {
  /** Folder of the files. A test may write more files there. */
  readonly folder: string;
  readonly ca: CertificateAuthority;
  /** Server certificate for `localhost` and the loopback addresses. */
  readonly server: Certificate;
  readonly client: Certificate;
  /** Server certificate that expired an hour ago. */
  readonly expired: Certificate;
  /** Server certificate for `elsewhere.example` only. */
  readonly wrongHost: Certificate;
  /** Untrusted authority, with a server and a client certificate that it issued. */
  readonly untrusted: {
    readonly ca: CertificateAuthority;
    readonly server: Certificate;
    readonly client: Certificate;
  };
}

const day = 24 * 60 * 60 * 1000;
const loopback = ["localhost", "127.0.0.1", "::1"];

/** Creates certificates in a new temporary folder, with elliptic-curve keys, which are fast to generate. */
export async function createCertificates(): Promise<TestCertificates> {
  const folder = await makeTemporaryFolder("hello-certificates-");
  const [ca, untrustedCa] = await Promise.all([createAuthority(folder, "ca"), createAuthority(folder, "untrusted-ca")]);
  const [server, client, expired, wrongHost, untrustedServer, untrustedClient] = await Promise.all([
    ca.issue("server", { hosts: loopback }),
    ca.issue("client"),
    ca.issue("expired", { hosts: loopback, notAfter: new Date(Date.now() - day / 24) }),
    ca.issue("wrong-host", { hosts: ["elsewhere.example"] }),
    untrustedCa.issue("untrusted-server", { hosts: loopback }),
    untrustedCa.issue("untrusted-client"),
  ]);
  return {
    folder,
    ca,
    server,
    client,
    expired,
    wrongHost,
    untrusted: { ca: untrustedCa, server: untrustedServer, client: untrustedClient },
    async [Symbol.asyncDispose]() {
      await rm(folder, { recursive: true });
    },
  };
}

async function createAuthority(folder: string, name: string, issuer?: Certificate): Promise<CertificateAuthority> {
  const ca = await createCertificate(folder, name, {
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
      return createCertificate(folder, commonName, {
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

async function createCertificate(
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
  // PEM files usually end with a newline.
  const [cert, key] = [`${pair.cert}\n`, `${pair.private}\n`];
  const certFile = join(folder, `${name}.crt`);
  const keyFile = join(folder, `${name}.key`);
  await Promise.all([writeFile(certFile, cert), writeFile(keyFile, key, { mode: 0o600 })]);
  return { cert, key, certFile, keyFile };
}

function alternativeName(host: string) {
  return /^[\d.]+$|:/.test(host) ? { type: 7 as const, ip: host } : { type: 2 as const, value: host };
}
