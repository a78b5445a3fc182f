import { X509Certificate } from "node:crypto";
import { createSecureContext } from "node:tls";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { checkKeys, show } from "./check.js";

/** Certificates and keys as PEM: the content of the files, not their names. */
export interface TlsOptions {
  /** The authorities that may have signed the server's certificate. Default: those that Node trusts. */
  readonly ca?: string | Uint8Array;
  /** The client's own certificate, with its chain, for servers that ask for one (mTLS). Goes with `key`. */
  readonly cert?: string | Uint8Array;
  /** The private key of `cert`. */
  readonly key?: string | Uint8Array;
  /** The name that the server's certificate must bear. Default: the target's host. */
  readonly serverName?: string;
}

/**
 * The credentials of a channel.
 *
 * @throws TypeError which names what is wrong with the certificates.
 */
export function channelCredentials(tls: boolean | TlsOptions): ChannelCredentials {
  if (tls === false) {
    return credentials.createInsecure();
  }
  if (tls === true) {
    return credentials.createSsl();
  }
  checkKeys("tls", tls, ["ca", "cert", "key", "serverName"]);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError(
      `tls.${tls.key === undefined ? "cert is given without its tls.key" : "key is given without its tls.cert"}`,
    );
  }
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) => pem(`tls.${name}`, tls[name]));
  checkAuthority(ca);
  try {
    createSecureContext({ ca, cert, key });
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TypeError(
      /key values mismatch/.test(reason)
        ? "tls.key is not the key of tls.cert"
        : `tls: the certificates cannot be used: ${reason}`,
      { cause: error },
    );
  }
  return credentials.createSsl(ca ?? null, key ?? null, cert ?? null);
}

/** OpenSSL takes a CA that it cannot read without a word, and then trusts nobody. */
function checkAuthority(ca: Buffer | undefined): void {
  try {
    if (ca !== undefined) {
      new X509Certificate(ca);
    }
  } catch (error) {
    const reason = error instanceof Error ? error.message : error;
    throw new TypeError(`tls.ca holds no certificate that can be read: ${reason}`, { cause: error });
  }
}

function pem(name: string, value: string | Uint8Array | undefined): Buffer | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new TypeError(`${name} must be PEM, as text or bytes, not ${show(value)}`);
  }
  const bytes = Buffer.from(value as string);
  if (!bytes.includes("-----BEGIN ")) {
    throw new TypeError(`${name} is not PEM; give the content of the file, not its name`);
  }
  return bytes;
}
