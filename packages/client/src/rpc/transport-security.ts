import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
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
    return withoutAddressAsName(credentials.createSsl());
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
  return withoutAddressAsName(credentials.createSsl(ca ?? null, key ?? null, cert ?? null));
}

/**
 * Sends no server name where the target is an IP address: grpc-js would send the address, which TLS forbids (RFC 6066,
 * section 3), Node 20 warns of and Node 26 refuses. The certificate must bear the address all the same.
 */
function withoutAddressAsName(ssl: ChannelCredentials): ChannelCredentials {
  const createConnector = ssl._createSecureConnector.bind(ssl);
  ssl._createSecureConnector = (...args) => {
    const connector = createConnector(...args);
    const options: unknown = Reflect.get(connector, "connectionOptions");
    if (isConnectionOptions(options) && isIP(options.servername) !== 0) {
      options.servername = "";
    }
    return connector;
  };
  return ssl;
}

function isConnectionOptions(options: unknown): options is { servername: string } {
  return typeof options === "object" && options !== null && "servername" in options;
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
