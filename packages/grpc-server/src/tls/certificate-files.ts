import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { inspect } from "node:util";
import { reasonOf } from "@hello/grpc-common";

/** Paths of the PEM files for TLS. */
export interface CertificateFiles {
  /** Certificate of the server, followed by those of the authorities between it and the root. */
  readonly certFile: string;
  /** Private key of that certificate, not encrypted. */
  readonly keyFile: string;
  /** Authorities that issue the clients' certificates. With it, a client without a certificate is refused. */
  readonly clientCaFile?: string | undefined;
}

/**
 * Checks the `tls` option.
 *
 * @throws TypeError which says what it must be.
 */
export function checkCertificateFiles(value: unknown): void {
  const { certFile, keyFile, clientCaFile, ...others } = Object(value) as Record<string, unknown>;
  const isPath = (path: unknown) => typeof path === "string" && path !== "";
  if (
    !(isPath(certFile) && isPath(keyFile) && (clientCaFile === undefined || isPath(clientCaFile))) ||
    Object.keys(others).length > 0
  ) {
    throw new TypeError(`must be the paths { certFile, keyFile, clientCaFile? }, not ${inspect(value)}`);
  }
}

/** Content of the files at one moment. */
export interface CertificateSnapshot {
  /** Key that is equal for equal contents and equal failures to read them. */
  readonly state: string;
  /**
   * Checks that the files can be served.
   *
   * @throws Error which names the file and its problem.
   */
  check(): ServableCertificate;
}

/** Certificate that has been checked, and all that TLS needs to serve it. */
export interface ServableCertificate {
  readonly certificate: X509Certificate;
  readonly pem: { readonly cert: string; readonly key: string; readonly ca?: string };
}

/** Reads the files, all at once. {@link CertificateSnapshot.check} reports those that cannot be read. */
export async function readCertificateFiles(files: CertificateFiles): Promise<CertificateSnapshot> {
  const [cert, key, ca] = await Promise.all([
    read("certificate", files.certFile),
    read("private key", files.keyFile),
    files.clientCaFile === undefined ? undefined : read("client CA", files.clientCaFile),
  ]);
  return {
    state: [cert, key, ca].map((file) => file?.pem ?? file?.error?.message).join("\0"),
    check() {
      const [certificate] = parseCertificates(cert);
      checkKey(certificate, cert, key);
      checkValidity(certificate, cert);
      if (ca !== undefined) {
        // OpenSSL silently skips the authorities that it cannot parse.
        parseCertificates(ca);
      }
      const pem = { cert: pemOf(cert), key: pemOf(key), ...(ca && { ca: pemOf(ca) }) };
      attempt(cert, () => createSecureContext(pem));
      return { certificate, pem };
    },
  };
}

interface PemFile {
  readonly name: string;
  readonly pem?: string;
  readonly error?: Error;
}

async function read(kind: string, path: string): Promise<PemFile> {
  const name = `${kind} ${path}`;
  try {
    return { name, pem: await readFile(path, "utf8") };
  } catch (error) {
    return { name, error: new Error(`the ${name} cannot be read: ${reasonOf(error)}`, { cause: error }) };
  }
}

function pemOf({ pem, error }: PemFile): string {
  if (pem === undefined) {
    throw error;
  }
  return pem;
}

function parseCertificates(file: PemFile): [X509Certificate, ...X509Certificate[]] {
  const pem = pemOf(file);
  // A file may hold other blocks, like the key, and text between them; leftover dashes show that one was cut off.
  const whole = /-----BEGIN ([A-Z0-9 ]+)-----[^-]*-----END \1-----/g;
  if (pem.replaceAll(whole, "").includes("-----")) {
    throw new Error(`the ${file.name} is incomplete`);
  }
  const blocks = [...pem.matchAll(whole)].filter(([, label]) => label === "CERTIFICATE");
  const [first, ...rest] = blocks.map(([block]) => attempt(file, () => new X509Certificate(block)));
  if (first === undefined) {
    throw new Error(`the ${file.name} holds no certificate in PEM format`);
  }
  return [first, ...rest];
}

function checkKey(certificate: X509Certificate, cert: PemFile, key: PemFile): void {
  const pem = pemOf(key);
  const privateKey = attempt(key, () => createPrivateKey(pem));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`the ${key.name} does not belong to the ${cert.name}`);
  }
}

function checkValidity({ validFrom, validTo }: X509Certificate, { name }: PemFile): void {
  const now = Date.now();
  if (now > Date.parse(validTo)) {
    throw new Error(`the ${name} has expired: it was valid until ${validTo}`);
  }
  if (now < Date.parse(validFrom)) {
    throw new Error(`the ${name} is not valid before ${validFrom}; is the clock right?`);
  }
}

function attempt<Result>(file: PemFile, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw new Error(`the ${file.name} is not usable: ${reasonOf(error)}`, { cause: error });
  }
}
