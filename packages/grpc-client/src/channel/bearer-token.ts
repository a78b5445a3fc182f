import { type CallCredentials, credentials, Metadata, status } from "@grpc/grpc-js";
import { formatValue, reasonOf } from "@hello/grpc-common";

/**
 * Bearer token, or a function that returns one. The function is called before every attempt of a call, and may cache the
 * token until it expires. Its duration counts towards the timeout of the call. If it fails, the call fails with
 * UNAUTHENTICATED and the error as `cause`.
 */
export type Token = string | (() => string | Promise<string>);

/**
 * Checks the `token` option.
 *
 * @throws TypeError if the token is invalid.
 */
export function checkToken(token: unknown): void {
  if (typeof token === "string") {
    checkBearer(token);
  } else if (token !== undefined && typeof token !== "function") {
    throw new TypeError(`token must be a string or a function, not ${formatValue(token)}`);
  }
}

/** Listener for the attempts of a call and their tokens. */
export interface AttemptListener {
  /** Reports that an attempt has a connection, before its token is requested. */
  onAttempt(): void;
  onToken(): void;
  onTokenError(cause: unknown): void;
}

/** Creates call credentials that report every attempt of a call, and send a token as `authorization: Bearer …`. */
export function createAttemptCredentials(token: Token | undefined, listener: AttemptListener): CallCredentials {
  return credentials.createFromMetadataGenerator((_, callback) => {
    listener.onAttempt();
    if (token === undefined) {
      callback(null, new Metadata());
      return;
    }
    createBearerMetadata(token).then(
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

async function createBearerMetadata(token: Token): Promise<Metadata> {
  const value = typeof token === "string" ? token : await token();
  checkBearer(value);
  const metadata = new Metadata();
  metadata.set("authorization", `Bearer ${value}`);
  return metadata;
}

function checkBearer(value: unknown): void {
  if (typeof value !== "string" || !/^[\w.~+/-]+=*$/.test(value)) {
    // The message omits the value, which is a secret.
    throw new TypeError("the token is not a valid bearer token (RFC 6750)");
  }
}
