import { reasonOf } from "@hello/grpc-common";
import type { BoundService } from "../calls/servicer.js";
import { isTokenPrincipal, parsePrincipal } from "./principal.js";

/**
 * Principals that may call each method. A key is a method like `acme.v1.Orders/Cancel`, a service like `acme.v1.Orders`,
 * or `*` for all other methods; only the most specific key of a method counts. A value lists principals:
 *
 * - `spiffe://acme.example/checkout`: the SPIFFE ID in the client's certificate,
 * - `dns:checkout.acme.example`: a DNS name among the certificate's alternative names, in any case,
 * - `subject:ada`: the subject of a verified token.
 */
export type AccessPolicy = Readonly<Record<string, readonly string[]>>;

/** Access policy that has been checked. */
export interface ParsedPolicy {
  /** Returns the principals that may call a method, by its path. */
  allowedPrincipals(path: string): ReadonlySet<string>;
  /** @throws TypeError if the policy names a service or method that none of the services has. */
  checkServices(services: readonly BoundService<never>[]): void;
  /** Tells whether any principal is a token's subject. */
  readonly needsTokens: boolean;
}

const nobody: ReadonlySet<string> = new Set();

/**
 * Parses an access policy.
 *
 * @throws TypeError that names every invalid principal.
 */
export function parseAccessPolicy(policy: AccessPolicy): ParsedPolicy {
  const mistakes: string[] = [];
  const entries = new Map(
    Object.entries(Object(policy)).map(([key, value]) => [key, parseEntry(key, value, mistakes)]),
  );
  if (entries.size === 0) {
    mistakes.push("the access policy must have an entry");
  }
  if (mistakes.length > 0) {
    throw new TypeError(mistakes.join("\n"));
  }
  return {
    allowedPrincipals(path) {
      const method = path.slice(1);
      const service = method.slice(0, method.lastIndexOf("/"));
      return entries.get(method) ?? entries.get(service) ?? entries.get("*") ?? nobody;
    },
    checkServices(services) {
      const methods = services.flatMap((service) => service.methods.map(({ definition }) => definition.path.slice(1)));
      const known = new Set(["*", ...services.map(({ name }) => name), ...methods]);
      const unknown = [...entries.keys()].filter((key) => !known.has(key));
      if (unknown.length > 0) {
        throw new TypeError(`the access policy names services or methods that are not served: ${unknown.join(", ")}`);
      }
    },
    needsTokens: [...entries.values()].some((principals) => [...principals].some(isTokenPrincipal)),
  };
}

function parseEntry(key: string, value: unknown, mistakes: string[]): ReadonlySet<string> {
  if (!Array.isArray(value)) {
    mistakes.push(`${key}: must be a list of principals`);
    return nobody;
  }
  const principals = new Set<string>();
  for (const text of value) {
    try {
      principals.add(parsePrincipal(text));
    } catch (error) {
      mistakes.push(`${key}: ${reasonOf(error)}`);
    }
  }
  return principals;
}
