import { inspect } from "node:util";
import { type PeerIdentity, spiffeIdOf } from "../tls/peer-identity.js";

/*
 * A principal is a text with its kind in front, so that no name of one kind equals one of another: `spiffe://…`, `dns:…`
 * or `subject:…`.
 */

/**
 * Parses a principal of a policy: a DNS name gets the lower case in which names are compared.
 *
 * @throws TypeError if it is invalid.
 */
export function parsePrincipal(text: unknown): string {
  const principal = typeof text === "string" ? normalize(text) : undefined;
  if (principal === undefined) {
    throw new TypeError(
      `invalid principal ${inspect(text)}: must be a SPIFFE ID, "dns:" and a DNS name, or "subject:" and a token's subject`,
    );
  }
  return principal;
}

function normalize(text: string): string | undefined {
  if (text.startsWith("dns:")) {
    return dnsPrincipal(text.slice("dns:".length));
  }
  return isTokenPrincipal(text) ? text : spiffeIdOf([text]);
}

/** Returns the principals that a certificate proves. */
export function certificatePrincipals({ spiffeId, subjectAltNames }: PeerIdentity): string[] {
  return [spiffeId, ...subjectAltNames.dns.map(dnsPrincipal)].filter((principal) => principal !== undefined);
}

/** Returns the principal that a token proves. */
export function tokenPrincipal(subject: string): string {
  return `subject:${subject}`;
}

/** Tells whether a principal is the subject of a token. */
export function isTokenPrincipal(principal: string): boolean {
  return /^subject:./s.test(principal);
}

/** Returns the principal of a DNS name, or `undefined` for a wildcard and other texts that name no single host. */
function dnsPrincipal(name: string): string | undefined {
  const valid = /^[a-z0-9_-]+(\.[a-z0-9_-]+)*$/i;
  return valid.test(name) ? `dns:${name.toLowerCase()}` : undefined;
}
