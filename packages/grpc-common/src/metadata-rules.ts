/** Metadata key of the encoded `google.rpc.Status`. */
export const statusDetailsKey = "grpc-status-details-bin";

/** Size of a header field in addition to its name and value, in bytes (RFC 9113, section 10.5.1). */
export const fieldOverheadBytes = 32;

/** Returns the size of a metadata entry in bytes, as HTTP/2 counts it. Bytes are sent in base64. */
export function countEntryBytes(key: string, value: string | Uint8Array): number {
  return key.length + fieldOverheadBytes + (typeof value === "string" ? value.length : Math.ceil(value.length / 3) * 4);
}

/** Lower-case names of headers that describe the body, and of the connection headers of HTTP/1 (RFC 9113, section 8.2.2). */
export const httpHeaders: ReadonlySet<string> = new Set([
  "connection",
  "content-length",
  "content-type",
  "http2-settings",
  "keep-alive",
  "proxy-connection",
  "te",
  "transfer-encoding",
  "upgrade",
]);

/**
 * Lower-case names of the headers that may occur only once. Node throws on a second value, even where nothing can catch
 * the error.
 *
 * @see https://nodejs.org/api/http2.html
 */
export const singularHeaders =
  /^(?:access-control-(?:allow-credentials|max-age|request-method)|age|authorization|content-(?:encoding|language|location|md5|range)|date|dnt|etag|expires|from|host|if-(?:match|modified-since|none-match|range|unmodified-since)|last-modified|location|max-forwards|proxy-authorization|range|referer|retry-after|tk|upgrade-insecure-requests|user-agent|x-content-type-options)$/;
