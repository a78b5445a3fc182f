import { type CallCredentials, credentials, Metadata, status } from "@grpc/grpc-js";

/**
 * A bearer token, or a function that is asked for it before every attempt of a call: it may keep a token until that
 * expires and then get another. While its promise is pending, the call's time runs. Where it fails, the call fails with
 * UNAUTHENTICATED and its error as `cause`.
 */
export type Token = string | (() => string | Promise<string>);

/** Learns of the attempts of a call, and how each comes by its token. */
export interface AttemptListener {
  /** An attempt has a connection and wants its token, if there is one. */
  onAttempt(): void;
  onToken(): void;
  onTokenError(cause: unknown): void;
}

/** Tells of every attempt of a call, and sends a token with it as `authorization: Bearer …`. */
export function attemptCredentials(token: Token | undefined, listener: AttemptListener): CallCredentials {
  return credentials.createFromMetadataGenerator((_, callback) => {
    listener.onAttempt();
    if (token === undefined) {
      callback(null, new Metadata());
      return;
    }
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
