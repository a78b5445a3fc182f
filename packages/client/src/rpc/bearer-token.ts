import { type CallCredentials, credentials, Metadata, status } from "@grpc/grpc-js";

/**
 * A bearer token, or a function that is asked for it before every attempt of a call: it may keep a token until that
 * expires and then get another. While its promise is pending, the call's time runs. Where it fails, the call fails with
 * UNAUTHENTICATED and its error as `cause`.
 */
export type Token = string | (() => string | Promise<string>);

/** Learns how a call's token is come by. */
export interface TokenListener {
  onTokenWanted(): void;
  onToken(): void;
  onTokenError(cause: unknown): void;
}

/** Sends a token as `authorization: Bearer …`. */
export function bearerToken(token: Token, listener: TokenListener): CallCredentials {
  return credentials.createFromMetadataGenerator((_, callback) => {
    listener.onTokenWanted();
    authorization(token).then(
      (metadata) => {
        listener.onToken();
        callback(null, metadata);
      },
      (cause: unknown) => {
        listener.onTokenError(cause);
        const reason = cause instanceof Error ? cause.message : String(cause);
        callback(Object.assign(new Error(reason), { code: status.UNAUTHENTICATED }));
      },
    );
  });
}

async function authorization(token: Token): Promise<Metadata> {
  const value = typeof token === "string" ? token : await token();
  if (typeof value !== "string" || !/^[\w.~+/-]+=*$/.test(value)) {
    // The value itself is a secret.
    throw new TypeError("the token is not one that RFC 6750 allows");
  }
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${value}`);
  return metadata;
}
