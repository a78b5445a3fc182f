/**
 * Headers that HTTP allows once, in lower case. Node throws on a second value, even from an event that nothing catches.
 *
 * @see https://nodejs.org/api/http2.html
 */
export const singularHeaders =
  /^(?:access-control-(?:allow-credentials|max-age|request-method)|age|authorization|content-(?:encoding|language|location|md5|range)|date|dnt|etag|expires|from|host|if-(?:match|modified-since|none-match|range|unmodified-since)|last-modified|location|max-forwards|proxy-authorization|range|referer|retry-after|tk|upgrade-insecure-requests|user-agent|x-content-type-options)$/;
