import { createPrivateKey, X509Certificate } from "node:crypto";
import { readFile } from "node:fs/promises";
import { createSecureContext } from "node:tls";
import { reasonOf } from "@hello/grpc-common";

/** Paths of the PEM files for TLS. */
export interface CertificateFiles {
  /** Server certificate, followed by any intermediate certificates. */
  readonly certFile: string;
  /** Private key of the certificate, not encrypted. */
  readonly keyFile: string;
  /** Authorities that issue client certificates. If set, clients without a certificate are refused. */
  readonly clientCaFile?: string | undefined;
}

/**
 * Checks the `tls` option. Its error contains no values: one might be a private key.
 *
 * @throws TypeError that describes a valid value.
 */
export function checkCertificateFiles(value: unknown): void {
  const { certFile, keyFile, clientCaFile, ...others } = Object(value) as Record<string, unknown>;
  const isPath = (path: unknown) => typeof path === "string" && path !== "";
  if (
    !(isPath(certFile) && isPath(keyFile) && (clientCaFile === undefined || isPath(clientCaFile))) ||
    Object.keys(others).length > 0
  ) {
    throw new TypeError(
      `must be { certFile, keyFile, clientCaFile? } with the paths of files, not ${formatShape(value)}`,
    );
  }
  if ([certFile, keyFile, clientCaFile].some((path) => String(path).includes("-----BEGIN "))) {
    throw new TypeError("must have the paths of the files, not their content");
  }
}

/** Formats a value without its content. */
function formatShape(value: unknown): string {
  if (typeof value === "object" && value !== null) {
    return `{ ${Object.keys(value).join(", ")} }`;
  }
  return value === null ? "null" : `a ${typeof value}`;
}

/** Content of the files at one point in time. */
export interface CertificateSnapshot {
  /** Key of the contents: equal for equal contents, and for equal failures to read them. */
  readonly state: string;
  /**
   * Checks that the files can be served.
   *
   * @throws Error with the file and its problem.
   */
  check(): ServableCertificate;
}

/** Certificate that has been checked, with the PEM contents that TLS needs to serve it. */
export interface ServableCertificate {
  readonly certificate: X509Certificate;
  readonly pem: { readonly cert: string; readonly key: string; readonly ca?: string };
}

/** Reads all files. {@link CertificateSnapshot.check} reports those that cannot be read. */
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
    return { name, pem: (await readFile(path, "utf8")).replace(/^\ufeff/, "") };
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
  const blocks = parsePemBlocks(file).filter(({ label }) => label === "CERTIFICATE");
  const [first, ...rest] = blocks.map(({ text }) => attempt(file, () => new X509Certificate(text)));
  if (first === undefined) {
    throw new Error(`the ${file.name} contains no certificate in PEM format`);
  }
  return [first, ...rest];
}

function checkKey(certificate: X509Certificate, cert: PemFile, key: PemFile): void {
  const block = parsePemBlocks(key).find(({ label }) => label.endsWith("PRIVATE KEY"));
  if (block === undefined) {
    throw new Error(`the ${key.name} contains no private key in PEM format`);
  }
  if (block.label.startsWith("ENCRYPTED") || /^Proc-Type: .*ENCRYPTED/m.test(block.text)) {
    throw new Error(`the ${key.name} is encrypted; decrypt it with openssl pkey`);
  }
  const privateKey = attempt(key, () => createPrivateKey(pemOf(key)));
  if (!certificate.checkPrivateKey(privateKey)) {
    throw new Error(`the ${key.name} does not match the ${cert.name}`);
  }
}

/**
 * Returns the PEM blocks of a file. Ignores any text between them.
 *
 * @throws Error if a block is incomplete.
 */
function parsePemBlocks(file: PemFile): { label: string; text: string }[] {
  const pem = pemOf(file);
  const whole = /^-----BEGIN ([A-Z0-9 ]+)-----\s*$(?:(?!-----)[\s\S])*^-----END \1-----\s*$/gm;
  if (pem.includes("----------BEGIN ")) {
    throw new Error(`the ${file.name} has no line break between two blocks`);
  }
  const others = pem.replaceAll(whole, "").split(/\r?\n/);
  const lastLine = others.at(-1) ?? "";
  if (others.some((line) => /^-----(?:BEGIN|END) /.test(line)) || (lastLine && "-----BEGIN ".startsWith(lastLine))) {
    throw new Error(`the ${file.name} is incomplete`);
  }
  return [...pem.matchAll(whole)].map(([text, label = ""]) => ({ label, text }));
}

function checkValidity({ validFrom, validTo }: X509Certificate, { name }: PemFile): void {
  const now = Date.now();
  if (now > Date.parse(validTo)) {
    throw new Error(`the ${name} has expired: it was valid until ${validTo}`);
  }
  if (now < Date.parse(validFrom)) {
    throw new Error(`the ${name} is not valid before ${validFrom}; check the clock`);
  }
}

function attempt<Result>(file: PemFile, action: () => Result): Result {
  try {
    return action();
  } catch (error) {
    throw new Error(`the ${file.name} is invalid: ${reasonOf(error)}`, { cause: error });
  }
}
