import { createCertificates } from "@hello/testing/certificates";

/** Certificate files of a server and its clients. */
export interface TlsFiles {
  readonly caFile: string;
  readonly certFile: string;
  readonly keyFile: string;
  /** Name in the certificate. */
  readonly serverName: string;
}

/** Creates certificates for peers that accept any. */
export async function createTlsFiles(): Promise<TlsFiles & AsyncDisposable> {
  const { ca, server, [Symbol.asyncDispose]: dispose } = await createCertificates();
  const { certFile, keyFile } = server;
  return { caFile: ca.certFile, certFile, keyFile, serverName: "localhost", [Symbol.asyncDispose]: dispose };
}
