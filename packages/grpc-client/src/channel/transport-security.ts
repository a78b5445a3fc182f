import { X509Certificate } from "node:crypto";
import { isIP } from "node:net";
import { createSecureContext } from "node:tls";
import { type ChannelCredentials, credentials } from "@grpc/grpc-js";
import { checkKeys, formatValue, reasonOf } from "@hello/grpc-common";
import { guardSessions } from "../http2/session-guard.js";

/** Certificates and keys in PEM format: the content of files, not their paths. */
export interface TlsOptions {
  /** Certificate authorities to trust. Default: those of Node. */
  readonly ca?: string | Uint8Array | undefined;
  /** Client certificate with its chain, for servers that require one (mTLS). Requires `key`. */
  readonly cert?: string | Uint8Array | undefined;
  /** Private key of `cert`. */
  readonly key?: string | Uint8Array | undefined;
  /** Name that the server's certificate must contain. Default: the target's host. */
  readonly serverName?: string | undefined;
}

/**
 * Creates the credentials of a channel.
 *
 * @throws TypeError that describes the problem with the certificates.
 */
export function createChannelCredentials(tls: boolean | TlsOptions): ChannelCredentials {
  return guardSessions(tls === false ? credentials.createInsecure() : createSecureCredentials(tls));
}

function createSecureCredentials(tls: true | TlsOptions): ChannelCredentials {
  if (tls === true) {
    return omitAddressAsServerName(credentials.createSsl());
  }
  checkKeys("tls", tls, ["ca", "cert", "key", "serverName"]);
  if ((tls.cert === undefined) !== (tls.key === undefined)) {
    throw new TypeError(tls.key === undefined ? "tls.cert needs tls.key" : "tls.key needs tls.cert");
  }
  const [ca, cert, key] = (["ca", "cert", "key"] as const).map((name) => toPemBytes(`tls.${name}`, tls[name]));
  checkAuthority(ca);
  try {
    createSecureContext({ ca, cert, key });
  } catch (error) {
    const reason = reasonOf(error);
    throw new TypeError(
      /key values mismatch/.test(reason) ? "tls.key does not match tls.cert" : `invalid tls certificates: ${reason}`,
      { cause: error },
    );
  }
  return omitAddressAsServerName(credentials.createSsl(ca ?? null, key ?? null, cert ?? null));
}

/**
 * Omits the server name if the target is an IP address. grpc-js would send the address, which TLS forbids (RFC 6066,
 * section 3), Node 20 warns about and Node 26 rejects. The certificate must still contain the address.
 */
function omitAddressAsServerName(ssl: ChannelCredentials): ChannelCredentials {
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

/** Rejects a CA that cannot be parsed. OpenSSL would accept it silently and then trust no certificate. */
function checkAuthority(ca: Buffer | undefined): void {
  try {
    if (ca !== undefined) {
      new X509Certificate(ca);
    }
  } catch (error) {
    throw new TypeError(`tls.ca contains no valid certificate: ${reasonOf(error)}`, { cause: error });
  }
}

function toPemBytes(name: string, value: string | Uint8Array | undefined): Buffer | undefined {
  if (value === undefined) {
    return undefined;
  }
  if (typeof value !== "string" && !(value instanceof Uint8Array)) {
    throw new TypeError(`${name} must be a string or bytes in PEM format, not ${formatValue(value)}`);
  }
  const bytes = Buffer.from(value as string);
  if (!bytes.includes("-----BEGIN ")) {
    throw new TypeError(`${name} is not in PEM format; pass the content of the file, not its path`);
  }
  return bytes;
}
