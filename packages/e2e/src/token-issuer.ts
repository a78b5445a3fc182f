import { exportJWK, generateKeyPair, type JSONWebKeySet, SignJWT } from "jose";

/** Issuer of tokens. */
export interface TokenIssuer {
  /** Public keys, as an issuer publishes them. */
  readonly jwks: JSONWebKeySet;
  /** Signs a token for `ada` that is valid for an hour. Replaces the given claims, and omits those that are undefined. */
  sign(claims?: Readonly<Record<string, unknown>>): Promise<string>;
}

export const issuer = "https://issuer.example";

/** Creates an issuer with a new key. */
export async function createTokenIssuer(): Promise<TokenIssuer> {
  const { privateKey, publicKey } = await generateKeyPair("ES256", { extractable: true });
  return {
    jwks: { keys: [await exportJWK(publicKey)] },
    sign(claims) {
      const exp = Math.floor(Date.now() / 1_000) + 3_600;
      const payload = { iss: issuer, aud: "hello", sub: "ada", scope: "greet", exp, ...claims };
      return new SignJWT(payload).setProtectedHeader({ alg: "ES256" }).sign(privateKey);
    },
  };
}
