import { status } from "@grpc/grpc-js";
import { checkOptions } from "@hello/grpc-common";
import type { ServerCall } from "../calls/server-call.js";
import { StatusError } from "../calls/status-error.js";
import type { PeerIdentity } from "../tls/peer-identity.js";
import { type AccessPolicy, parseAccessPolicy } from "./access-policy.js";
import type { Authorize } from "./authorize.js";
import { bearerToken, invalidToken } from "./bearer-token.js";
import { certificatePrincipals, tokenPrincipal } from "./principal.js";

/** Contents of a token that has been verified. */
export interface VerifiedToken {
  /** Subject that the token is for, like the claim `sub` of a JWT. A token without one is refused. */
  readonly subject: string | undefined;
}

/** Options of {@link allowPrincipals}. */
export interface AllowPrincipalsOptions<Token extends VerifiedToken> {
  /**
   * Verifies the token that a call has sent as `authorization: Bearer …`, and returns its contents. A `StatusError` that
   * it throws is the call's status; any other error refuses the call as UNAUTHENTICATED and goes only to the log.
   * Default: tokens are ignored.
   */
  readonly verifyToken?: ((token: string, call: ServerCall<undefined>) => Token | PromiseLike<Token>) | undefined;
}

/** Caller of an authorized call. */
export interface AuthorizedCaller<Token extends VerifiedToken = VerifiedToken> {
  /** Principal by which the access policy allows the call. */
  readonly principal: string;
  /** Contents of the call's token, or `undefined` if it has none. */
  readonly token: Token | undefined;
}

/**
 * Creates an `authorize` function from a table of the principals that may call each method. It refuses a call without a
 * client certificate or token, or with an invalid token, as UNAUTHENTICATED, and every call that the table does not allow
 * as PERMISSION_DENIED.
 *
 *     authorize: allowPrincipals({ "acme.v1.Orders": ["spiffe://acme.example/checkout"] })
 *
 * @throws TypeError that names every invalid principal; `createServer` throws one if the table names a service or method
 * that it does not serve.
 */
export function allowPrincipals<Token extends VerifiedToken = never>(
  policy: AccessPolicy,
  options: AllowPrincipalsOptions<Token> = {},
): Authorize<AuthorizedCaller<Token>> {
  const { verifyToken } = checkOptions<AllowPrincipalsOptions<Token>>(
    { verifyToken: { default: undefined, check: checkFunction } },
    options,
  );
  const { allowedPrincipals, checkServices, needsTokens } = parseAccessPolicy(policy);
  if (needsTokens && verifyToken === undefined) {
    throw new TypeError("the access policy has subjects of tokens, which need verifyToken");
  }

  const decide = (path: string, certificate: PeerIdentity | undefined, token?: Token): AuthorizedCaller<Token> => {
    const principals = certificate ? certificatePrincipals(certificate) : [];
    if (token?.subject) {
      principals.push(tokenPrincipal(token.subject));
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
    const encoded = verifyToken && bearerToken(call.metadata);
    if (verifyToken && encoded !== undefined) {
      return verify(() => verifyToken(encoded, call)).then((token) => decide(path, peerIdentity, token));
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
      throw new TypeError("verifyToken has returned no subject");
    }
    return token;
  } catch (error) {
    throw error instanceof StatusError ? error : invalidToken(error);
  }
}

function checkFunction(value: unknown): void {
  if (typeof value !== "function") {
    throw new TypeError("must be a function");
  }
}
