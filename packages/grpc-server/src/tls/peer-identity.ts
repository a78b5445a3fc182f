import { X509Certificate } from "node:crypto";
import { isIPv6, SocketAddress } from "node:net";
import type { TLSSocket } from "node:tls";
import type { BaseCall } from "../calls/base-call.js";

/** Identity of a client, from the certificate that TLS has verified. */
export interface PeerIdentity {
  /** Distinguished name, as RFC 4514 writes it: `CN=billing,O=Example`. May be empty. */
  readonly subject: string;
  /** Distinguished name of the authority that issued the certificate. */
  readonly issuer: string;
  /** Serial number in hexadecimal digits, upper case. */
  readonly serialNumber: string;
  /** SHA-256 of the certificate: pairs of hexadecimal digits with colons between. */
  readonly fingerprint256: string;
  readonly notBefore: Date;
  readonly notAfter: Date;
  /** Names of the client. RFC 9525 has retired the common name. */
  readonly subjectAltNames: SubjectAltNames;
  /** SPIFFE ID, if the only URI among {@link subjectAltNames} is one: `spiffe://example.org/billing`. */
  readonly spiffeId?: string;
}

/** Alternative names in a certificate; other kinds are left out. */
export interface SubjectAltNames {
  readonly dns: readonly string[];
  readonly uri: readonly string[];
  readonly email: readonly string[];
  /** IP addresses, IPv6 in its short form. */
  readonly ip: readonly string[];
}

/** Identities by session: what the handshake has proven holds for every call of the connection, and after its end. */
const identities = new WeakMap<object, PeerIdentity>();

/**
 * Reads the identity of the client of a call from its certificate, once for each connection.
 *
 * @throws Error if the connection has gone before its first call: the call must not look like one without mutual TLS.
 */
export function identifyPeer({ stream: { session } }: BaseCall): PeerIdentity {
  const known = session && identities.get(session);
  if (known !== undefined) {
    return known;
  }
  const { raw = undefined } = session?.destroyed === false ? (session.socket as TLSSocket).getPeerCertificate() : {};
  if (session === undefined || raw === undefined) {
    throw new Error("the connection of the client has gone, and its certificate with it");
  }
  const identity = parseIdentity(new X509Certificate(raw));
  identities.set(session, identity);
  return identity;
}

/** Converts a certificate to data. */
export function parseIdentity(certificate: X509Certificate): PeerIdentity {
  const { subject, issuer, serialNumber, fingerprint256, validFrom, validTo, subjectAltName = "" } = certificate;
  const subjectAltNames = parseSubjectAltNames(subjectAltName);
  const spiffeId = spiffeIdOf(subjectAltNames.uri);
  return {
    subject: distinguishedName(subject),
    issuer: distinguishedName(issuer),
    serialNumber,
    fingerprint256,
    notBefore: new Date(validFrom),
    notAfter: new Date(validTo),
    subjectAltNames,
    ...(spiffeId !== undefined && { spiffeId }),
  };
}

/** Converts a name from Node's form: one part a line, the most general first, special characters already escaped. */
function distinguishedName(lines = ""): string {
  return lines.split("\n").reverse().join(",").replaceAll(" + ", "+");
}

/**
 * Parses alternative names as Node prints them: `DNS:a.example, IP Address:0:0:0:0:0:0:0:1`. A name with a comma, a
 * quote or an unprintable character is a JSON string: `DNS:"a\u002cb"`.
 *
 * @throws SyntaxError if the format is another: an identity must not be guessed.
 */
export function parseSubjectAltNames(text: string): SubjectAltNames {
  const names: Record<keyof SubjectAltNames, string[]> = { dns: [], uri: [], email: [], ip: [] };
  const entry = /(?<type>[^:",]+):(?<value>"(?:[^"\\]|\\.)*"|[^",]*)(?:, (?!$)|$)/y;
  while (entry.lastIndex < text.length) {
    const { type = "", value = "" } = entry.exec(text)?.groups ?? {};
    if (type === "") {
      throw new SyntaxError(`cannot read the alternative names of a certificate: ${text}`);
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
 * Returns the SPIFFE ID of a certificate: its only URI, with a trust domain and a path.
 *
 * @see https://github.com/spiffe/spiffe/blob/main/standards/X509-SVID.md
 */
export function spiffeIdOf([uri, ...others]: readonly string[]): string | undefined {
  const valid = /^spiffe:\/\/[a-z0-9._-]{1,255}(?:\/(?!\.\.?(?:\/|$))[A-Za-z0-9._-]+)+$/;
  return uri !== undefined && others.length === 0 && uri.length <= 2048 && valid.test(uri) ? uri : undefined;
}
