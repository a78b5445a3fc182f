import { type CallCredentials, credentials, Metadata, status } from "@grpc/grpc-js";
import { formatValue, reasonOf } from "@hello/grpc-common";

/**
 * Bearer token, or a function that returns one, called before every attempt of a call: it may cache a token until that
 * expires. The call's timeout includes the time it takes. If it fails, the call fails with UNAUTHENTICATED and its error
 * as `cause`.
 */
export type Token = string | (() => string | Promise<string>);

/** @throws TypeError if a client cannot have this token. */
export function checkToken(token: unknown): void {
  if (typeof token === "string") {
    checkBearer(token);
  } else if (token !== undefined && typeof token !== "function") {
    throw new TypeError(`token must be a string or a function, not ${formatValue(token)}`);
  }
}

/** Listener for the attempts of a call and their tokens. */
export interface AttemptListener {
  /** An attempt has a connection, and needs its token if the client has one. */
  onAttempt(): void;
  onToken(): void;
  onTokenError(cause: unknown): void;
}

/** Creates call credentials that report every attempt of a call, and send a token as `authorization: Bearer …`. */
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
        callback(Object.assign(new Error(reasonOf(cause)), { code: status.UNAUTHENTICATED }));
      },
    );
  });
}

async function authorization(token: Token): Promise<Metadata> {
  const value = typeof token === "string" ? token : await token();
  checkBearer(value);
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${value}`);
  return metadata;
}

function checkBearer(value: unknown): void {
  if (typeof value !== "string" || !/^[\w.~+/-]+=*$/.test(value)) {
    // The message must not contain the value, which is a secret.
    throw new TypeError("the token is not a valid bearer token (RFC 6750)");
  }
}
