import { reasonOf } from "@hello/grpc-common";
import type { BoundService } from "../calls/servicer.js";
import { isTokenPrincipal, parsePrincipal } from "./principal.js";

/**
 * Principals that may call each method. A key is a method like `acme.v1.Orders/Cancel`, a service like
 * `acme.v1.Orders`, or `*` for all other methods. Only the most specific key that matches a method applies. A value
 * lists principals:
 *
 * - `spiffe://acme.example/checkout`: the SPIFFE ID in the client's certificate
 * - `dns:checkout.acme.example`: a DNS name among the certificate's alternative names, compared without case
 * - `subject:ada`: the subject of a verified token
 */
export type AccessPolicy = Readonly<Record<string, readonly string[]>>;

/** Validated access policy. */
export interface ParsedPolicy {
  /** Returns the principals that may call the method with a path like `/package.Service/Method`. */
  allowedPrincipals(path: string): ReadonlySet<string>;
  /** @throws TypeError if the policy names services or methods that do not exist. */
  checkServices(services: readonly BoundService<never>[]): void;
  /** True if any principal is the subject of a token. */
  readonly needsTokens: boolean;
}

const noPrincipals: ReadonlySet<string> = new Set();

/**
 * Parses an access policy.
 *
 * @throws TypeError that lists every invalid entry.
 */
export function parseAccessPolicy(policy: AccessPolicy): ParsedPolicy {
  const problems: string[] = [];
  const entries = new Map(
    Object.entries(Object(policy)).map(([key, value]) => [key, parseEntry(key, value, problems)]),
  );
  if (entries.size === 0) {
    problems.push("the access policy must have at least one entry");
  }
  if (problems.length > 0) {
    throw new TypeError(problems.join("\n"));
  }
  return {
    allowedPrincipals(path) {
      const method = path.slice(1);
      const service = method.slice(0, method.lastIndexOf("/"));
      return entries.get(method) ?? entries.get(service) ?? entries.get("*") ?? noPrincipals;
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

function parseEntry(key: string, value: unknown, problems: string[]): ReadonlySet<string> {
  if (!Array.isArray(value)) {
    problems.push(`${key}: must be a list of principals`);
    return noPrincipals;
  }
  const principals = new Set<string>();
  for (const text of value) {
    try {
      principals.add(parsePrincipal(text));
    } catch (error) {
      problems.push(`${key}: ${reasonOf(error)}`);
    }
  }
  return principals;
}
