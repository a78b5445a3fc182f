import { status } from "@grpc/grpc-js";
import { checkFunction, checkOptions } from "@hello/grpc-common";
import type { ServerCall } from "../calls/server-call.js";
import { StatusError } from "../calls/status-error.js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import { type AccessPolicy, parseAccessPolicy } from "./access-policy.js";
import type { Authorize } from "./authorize.js";
import { invalidToken, readBearerToken } from "./bearer-token.js";
import { toPrincipals, toTokenPrincipal } from "./principal.js";

/** Contents of a verified token. */
export interface VerifiedToken {
  /** Subject of the token, like the claim `sub` of a JWT. Tokens without a subject are rejected. */
  readonly subject: string | undefined;
}

/** Options of {@link allowPrincipals}. */
export interface AllowPrincipalsOptions<Token extends VerifiedToken> {
  /**
   * Verifies the token from the metadata `authorization: Bearer …`, and returns its contents. If it throws a
   * `StatusError`, the client receives that status. Any other error is logged and rejects the call with
   * UNAUTHENTICATED. Default: tokens are ignored.
   */
  readonly verifyToken?: ((token: string, call: ServerCall<undefined>) => Token | PromiseLike<Token>) | undefined;
}

/** Caller of an authorized call. */
export interface AuthorizedCaller<Token extends VerifiedToken = VerifiedToken> {
  /** Principal to which the access policy allows the call. */
  readonly principal: string;
  /** Contents of the call's token, or `undefined` if it sent none. */
  readonly token: Token | undefined;
}

/**
 * Creates an `authorize` function from a table of the principals that may call each method. It rejects calls with
 * neither a client certificate nor a token, or with an invalid token, with UNAUTHENTICATED, and calls that the table
 * does not allow with PERMISSION_DENIED.
 *
 *     authorize: allowPrincipals({ "acme.v1.Orders": ["spiffe://acme.example/checkout"] })
 *
 * @throws TypeError that lists every invalid entry. `createServer` throws a TypeError if the table names a service or
 * method that the server does not serve.
 */
export function allowPrincipals<Token extends VerifiedToken = never>(
  policy: AccessPolicy,
  options: AllowPrincipalsOptions<Token> = {},
): Authorize<AuthorizedCaller<Token>> {
  const { verifyToken } = checkOptions<AllowPrincipalsOptions<Token>>(
    { verifyToken: { default: undefined, check: (value) => checkFunction("", value) } },
    options,
  );
  const { allowedPrincipals, checkServices, needsTokens } = parseAccessPolicy(policy);
  if (needsTokens && verifyToken === undefined) {
    throw new TypeError('the access policy has "subject:" principals: set verifyToken to verify tokens');
  }

  const decide = (path: string, certificate: PeerIdentity | undefined, token?: Token): AuthorizedCaller<Token> => {
    const principals = certificate ? toPrincipals(certificate) : [];
    if (token?.subject) {
      principals.push(toTokenPrincipal(token.subject));
    }
    const allowed = allowedPrincipals(path);
    const principal = principals.find((name) => allowed.has(name));
    if (principal === undefined) {
      const caller =
        principals.join(", ") || `a certificate with neither a SPIFFE ID nor a DNS name (${certificate?.subject})`;
      const cause = new Error(`the access policy does not allow ${caller}`);
      throw new StatusError(status.PERMISSION_DENIED, "permission denied", { cause });
    }
    return { principal, token };
  };

  const authorize = (call: ServerCall<undefined>) => {
    const { path, peerIdentity } = call;
    const bearer = verifyToken && readBearerToken(call.metadata);
    if (verifyToken && bearer !== undefined) {
      return verify(() => verifyToken(bearer, call)).then((token) => decide(path, peerIdentity, token));
    }
    if (peerIdentity === undefined) {
      throw new StatusError(status.UNAUTHENTICATED, "authentication required");
    }
    return decide(path, peerIdentity);
  };
  return Object.assign(authorize, { checkServices });
}

async function verify<Token extends VerifiedToken>(verifyToken: () => Token | PromiseLike<Token>): Promise<Token> {
  try {
    const token = await verifyToken();
    if (typeof Object(token).subject !== "string" || token.subject === "") {
      throw new TypeError("verifyToken returned no subject");
    }
    return token;
  } catch (error) {
    throw error instanceof StatusError ? error : invalidToken(error);
  }
}
