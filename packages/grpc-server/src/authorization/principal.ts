import { formatValue } from "@hello/grpc-common";
import { type PeerIdentity, spiffeIdOf } from "../tls/peer-identity.js";

/*
 * A principal is a string that starts with its kind, `spiffe://`, `dns:` or `subject:`, so that principals of different
 * kinds are never equal.
 */

/**
 * Parses a principal of an access policy. Converts DNS names to lower case, so that they can be compared.
 *
 * @throws TypeError if it is invalid.
 */
export function parsePrincipal(text: unknown): string {
  const principal = typeof text === "string" ? normalize(text) : undefined;
  if (principal === undefined) {
    throw new TypeError(
      `invalid principal ${formatValue(text)}: ` +
        'must be a SPIFFE ID, "dns:<DNS name>" or "subject:<subject of a token>"',
    );
  }
  return principal;
}

function normalize(text: string): string | undefined {
  if (text.startsWith("dns:")) {
    return toDnsPrincipal(text.slice("dns:".length));
  }
  return isTokenPrincipal(text) ? text : spiffeIdOf([text]);
}

/** Returns the principals of a certificate: its SPIFFE ID and DNS names. */
export function toPrincipals({ spiffeId, subjectAltNames }: PeerIdentity): string[] {
  return [spiffeId, ...subjectAltNames.dns.map(toDnsPrincipal)].filter((principal) => principal !== undefined);
}

/** Returns the principal of a token with the given subject. */
export function toTokenPrincipal(subject: string): string {
  return `subject:${subject}`;
}

/** Returns whether a principal is the subject of a token. */
export function isTokenPrincipal(principal: string): boolean {
  return /^subject:./s.test(principal);
}

/** Returns the principal of a DNS name, or `undefined` for a wildcard or an invalid name. */
function toDnsPrincipal(name: string): string | undefined {
  const valid = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;
  return valid.test(name) ? `dns:${name.toLowerCase()}` : undefined;
}
