import type { TLSSocket } from "node:tls";

/** Cause of a failed TLS handshake: a code, and the same in words. */
export interface HandshakeFailure {
  readonly code: string;
  readonly reason: string;
}

const untrusted = "the client's certificate comes from an authority that the server does not trust";

const reasons: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: "the client speaks plain text to a TLS port",
  ERR_SSL_WRONG_VERSION_NUMBER: "the client speaks plain text, or something else than TLS, to a TLS port",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the client offers no version of TLS from 1.2 on",
  ERR_SSL_NO_SHARED_CIPHER: "the client offers no cipher suite that HTTP/2 permits",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "the client does not offer HTTP/2 (h2) by ALPN",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "the client sent no certificate",
  ERR_TLS_HANDSHAKE_TIMEOUT: "the client did not finish the handshake in time",
  ECONNRESET: "the client closed the connection",
  CERT_HAS_EXPIRED: "the client's certificate has expired",
  CERT_NOT_YET_VALID: "the client's certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the client's certificate is signed by itself alone",
  INVALID_PURPOSE: "the client's certificate is not meant for clients",
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** Failure of a client that does not offer HTTP/2. */
export const noApplicationProtocol = failure("ERR_SSL_NO_APPLICATION_PROTOCOL");

/** Returns why Node refused a client. */
export function handshakeFailure(error: Error, socket: TLSSocket): HandshakeFailure {
  // When Node has refused the client's certificate, its error says only that the connection is closed. Contrary to its
  // type, this property is the code of OpenSSL's verdict.
  const verdict: unknown = socket.authorizationError;
  const code = verdict ?? ("code" in error ? error.code : undefined) ?? error.name;
  return failure(String(code), error.message);
}

function failure(code: string, message = code): HandshakeFailure {
  // OpenSSL's messages are fields between colons; this one is the text.
  const words = /:error:[^:]*:[^:]*:[^:]*:([^:]*)/.exec(message)?.[1] ?? message;
  const alert = /\balert (.*)/.exec(words)?.[1];
  return { code, reason: reasons[code] ?? (alert === undefined ? words : `the client refused it: ${alert}`) };
}
