import type { TLSSocket } from "node:tls";

/** Cause of a failed TLS handshake, as a code and in words. */
export interface HandshakeFailure {
  readonly code: string;
  readonly reason: string;
}

const untrusted = "the client's certificate was issued by an authority that the server does not trust";

const reasons: Readonly<Record<string, string>> = {
  ERR_SSL_HTTP_REQUEST: "the client speaks plain text to a TLS port",
  ERR_SSL_WRONG_VERSION_NUMBER: "the client sent something other than TLS, perhaps plain text, to a TLS port",
  ERR_SSL_UNSUPPORTED_PROTOCOL: "the client does not support TLS 1.2 or later",
  ERR_SSL_NO_SHARED_CIPHER: "the client supports no cipher suite that HTTP/2 permits",
  ERR_SSL_NO_APPLICATION_PROTOCOL: "the client does not offer HTTP/2 (h2) in ALPN",
  ERR_SSL_PEER_DID_NOT_RETURN_A_CERTIFICATE: "the client sent no certificate",
  ERR_TLS_HANDSHAKE_TIMEOUT: "the client did not finish the handshake in time",
  ECONNRESET: "the client closed the connection",
  CERT_HAS_EXPIRED: "the client's certificate has expired",
  CERT_NOT_YET_VALID: "the client's certificate is not valid yet",
  DEPTH_ZERO_SELF_SIGNED_CERT: "the client's certificate is self-signed",
  INVALID_PURPOSE: "the client's certificate is not valid for client authentication",
  SELF_SIGNED_CERT_IN_CHAIN: untrusted,
  UNABLE_TO_GET_ISSUER_CERT: untrusted,
  UNABLE_TO_GET_ISSUER_CERT_LOCALLY: untrusted,
  UNABLE_TO_VERIFY_LEAF_SIGNATURE: untrusted,
};

/** Handshake failure of a client that does not offer HTTP/2. */
export const noApplicationProtocol = toHandshakeFailure("ERR_SSL_NO_APPLICATION_PROTOCOL");

/** Returns the reason for which Node refused a client. */
export function describeHandshakeFailure(error: Error, socket: TLSSocket): HandshakeFailure {
  // If Node has refused the client's certificate, its error only reports a closed connection. Contrary to its type,
  // this property holds the code of OpenSSL's verification error.
  const verificationError: unknown = socket.authorizationError;
  const code = verificationError ?? ("code" in error ? error.code : undefined) ?? error.name;
  return toHandshakeFailure(String(code), error.message);
}

function toHandshakeFailure(code: string, message = code): HandshakeFailure {
  // Messages of OpenSSL are colon-separated fields. This one is the text.
  const words = /:error:[^:]*:[^:]*:[^:]*:([^:]*)/.exec(message)?.[1] ?? message;
  const alert = /\balert (.*)/.exec(words)?.[1];
  return {
    code,
    reason: reasons[code] ?? (alert === undefined ? words : `the client aborted the handshake: ${alert}`),
  };
}
