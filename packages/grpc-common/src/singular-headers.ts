/**
 * Lower-case names of the headers that may occur only once. Node throws on a second value, even where nothing can catch
 * the error.
 *
 * @see https://nodejs.org/api/http2.html
 */
export const singularHeaders =
  /^(?:access-control-(?:allow-credentials|max-age|request-method)|age|authorization|content-(?:encoding|language|location|md5|range)|date|dnt|etag|expires|from|host|if-(?:match|modified-since|none-match|range|unmodified-since)|last-modified|location|max-forwards|proxy-authorization|range|referer|retry-after|tk|upgrade-insecure-requests|user-agent|x-content-type-options)$/;
