import { X509Certificate } from "node:crypto";
import { isIPv6, SocketAddress } from "node:net";
import type { TLSSocket } from "node:tls";
import type { BaseCall } from "../http2/base-call.js";

/** Identity of a client, from its verified TLS certificate. */
export interface PeerIdentity {
  /** Distinguished name in the format of RFC 4514, like `CN=billing,O=Example`. May be empty. */
  readonly subject: string;
  /** Distinguished name of the authority that issued the certificate. */
  readonly issuer: string;
  /** Serial number in upper-case hexadecimal digits. */
  readonly serialNumber: string;
  /** SHA-256 fingerprint of the certificate, as pairs of hexadecimal digits separated by colons. */
  readonly fingerprint256: string;
  /** Start of validity. */
  readonly notBefore: Date;
  /** End of validity. */
  readonly notAfter: Date;
  /** Names of the client. They replace the common name, which RFC 9525 no longer uses. */
  readonly subjectAltNames: SubjectAltNames;
  /** SPIFFE ID, like `spiffe://example.org/billing`, if it is the only URI among {@link subjectAltNames}. */
  readonly spiffeId?: string;
}

/** Subject alternative names in a certificate. Names of other types are omitted. */
export interface SubjectAltNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  /** IP addresses. Those of IPv6 are in their short form. */
  readonly ip: readonly string[];
}

/**
 * Identities by HTTP/2 session. Each is valid for all calls of the connection, even after the connection has closed.
 */
const identities = new WeakMap<object, PeerIdentity>();

/**
 * Returns the identity of the client of a call. Reads it from the client's certificate once for each connection.
 *
 * @throws Error if the connection was closed before its first call: the call must not look like one without mutual TLS.
 */
export function identifyPeer({ stream: { session } }: BaseCall): PeerIdentity {
  const known = session && identities.get(session);
  if (known !== undefined) {
    return known;
  }
  const { raw = undefined } = session?.destroyed === false ? (session.socket as TLSSocket).getPeerCertificate() : {};
  if (session === undefined || raw === undefined) {
    throw new Error("cannot read the client's certificate: the connection is closed");
  }
  const identity = parseIdentity(new X509Certificate(raw));
  identities.set(session, identity);
  return identity;
}

/** Returns the identity in a certificate. */
export function parseIdentity(certificate: X509Certificate): PeerIdentity {
  const { subject, issuer, serialNumber, fingerprint256, validFrom, validTo, subjectAltName = "" } = certificate;
  const subjectAltNames = parseSubjectAltNames(subjectAltName);
  const spiffeId = spiffeIdOf(subjectAltNames.uri);
  return {
    subject: toDistinguishedName(subject),
    issuer: toDistinguishedName(issuer),
    serialNumber,
    fingerprint256,
    notBefore: new Date(validFrom),
    notAfter: new Date(validTo),
    subjectAltNames,
    ...(spiffeId !== undefined && { spiffeId }),
  };
}

/**
 * Converts a name from Node's format: a line for each part, the most general first, with special characters escaped.
 */
function toDistinguishedName(lines = ""): string {
  return lines.split("\n").reverse().join(",").replaceAll(" + ", "+");
}

/**
 * Parses subject alternative names in Node's format: `DNS:a.example, IP Address:0:0:0:0:0:0:0:1`. A name with a comma,
 * a quote or an unprintable character is a JSON string: `DNS:"a\u002cb"`.
 *
 * @throws SyntaxError if the text has another format, because an identity must not be guessed.
 */
export function parseSubjectAltNames(text: string): SubjectAltNames {
  const names: Record<keyof SubjectAltNames, string[]> = { dns: [], uri: [], email: [], ip: [] };
  const entry = /(?<type>[^:",]+):(?<value>"(?:[^"\\]|\\.)*"|[^",]*)(?:, (?!$)|$)/y;
  while (entry.lastIndex < text.length) {
    const { type = "", value = "" } = entry.exec(text)?.groups ?? {};
    if (type === "") {
      throw new SyntaxError(`cannot parse the alternative names of a certificate: ${text}`);
    }
    const name = value.startsWith('"') ? String(JSON.parse(value)) : value;
    switch (type) {
      case "DNS":
        names.dns.push(name);
        break;
      case "URI":
        names.uri.push(name);
        break;
      case "email":
        names.email.push(name);
        break;
      case "IP Address":
        names.ip.push(isIPv6(name) ? new SocketAddress({ address: name, family: "ipv6" }).address : name);
        break;
    }
  }
  return names;
}

/**
 * Returns the only URI of a certificate if it is a SPIFFE ID with a trust domain and a path.
 *
 * @see https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md
 */
export function spiffeIdOf([uri, ...others]: readonly string[]): string | undefined {
  const valid = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._-]+)+$/;
  return uri !== undefined && others.length === 0 && uri.length <= 2048 && valid.test(uri) ? uri : undefined;
}
