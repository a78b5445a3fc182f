import type { StatusOrigin } from "./status-origin.js";

/** Properties of a failed call in addition to its status. */
export interface FailureContext {
  /** Origin of the status. */
  readonly origin: StatusOrigin;
  /** Timeout of the call in milliseconds. */
  readonly timeoutMs: number;
  readonly deadlinePassed: boolean;
  /** Last step that the call reached. */
  readonly progress: "token" | "sent" | "metadata" | "message";
  /** Message of grpc-js about a failed connection, if there is one. */
  readonly connectionError?: string | undefined;
  /** True if a server of the target has rejected keepalive pings. */
  readonly pingsRejected?: boolean | undefined;
  /** Content type of the response. */
  readonly contentType?: string | undefined;
}

/** Start of the details with which grpc-js ends a call at its deadline. */
const deadlinePrefix = "Deadline exceeded after ";

/**
 * Formats the details with which the client ends a call at a timeout that grpc-js does not know, like those of grpc-js.
 *
 * @param peer Peer that has not responded, or `undefined` if there is no connection.
 */
export function formatDeadlineDetails(timeoutMs: number, peer: string | undefined): string {
  return `${deadlinePrefix}${timeoutMs} ms${peer === undefined ? "" : `,remote_addr=${peer}`}`;
}

/** Describes why a call failed. Rewords the messages of grpc-js, and returns those of a server unchanged. */
export function describeFailure(details: string, context: FailureContext): string {
  const { contentType } = context;
  const text = describe(details, context);
  return contentType === undefined || isGrpc(contentType)
    ? text
    : `${text}; the peer is not a gRPC server: it sent the content type "${contentType}"`;
}

function describe(details: string, context: FailureContext): string {
  const { origin, deadlinePassed, contentType } = context;
  if (origin === "server") {
    // If the peer is not a gRPC server, grpc-js describes its HTTP status in the details.
    return isGrpc(contentType) ? details : reword(details, [httpStatus]);
  }
  if (details.startsWith(deadlinePrefix)) {
    return origin === "client" || deadlinePassed ? describeDeadline(details, context) : details;
  }
  if (context.pingsRejected && details === enhanceYourCalm) {
    return "the server closed the connection because of too many pings (GOAWAY too_many_pings): increase keepaliveTimeMs";
  }
  return origin === "client" ? describeConnectionError(details) : reword(details, anyStage);
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType?.startsWith("application/grpc") === true;
}

function describeDeadline(details: string, { timeoutMs, progress, connectionError }: FailureContext): string {
  const limit = `within ${timeoutMs} ms`;
  const peer = /remote_addr=([^,]+)/.exec(details)?.[1];
  if (timeoutMs <= 0) {
    return "the deadline had passed before the call started";
  }
  if (progress === "token") {
    return `no token ${limit}`;
  }
  if (details.includes("waiting for name resolution")) {
    return `the host name was not resolved ${limit}`;
  }
  if (connectionError !== undefined || peer === undefined) {
    return describeConnectTimeout(timeoutMs, connectionError);
  }
  switch (progress) {
    case "metadata":
      return `${peer} sent headers but no message ${limit}`;
    case "message":
      return `${peer} sent a message but did not end the call ${limit}`;
    default:
      return `${peer} did not respond ${limit}`;
  }
}

/** Describes why there is no connection after a timeout. */
export function describeConnectTimeout(timeoutMs: number, connectionError: string | undefined): string {
  const reason =
    connectionError === undefined
      ? "the peer does not respond or does not speak HTTP/2"
      : describeConnectionError(connectionError).replace(/^no connection: /, "");
  return `no connection within ${timeoutMs} ms: ${reason}`;
}

/** Describes why a connection failed, or a call that received no response. */
export function describeConnectionError(details: string): string {
  return /No connection established|No addresses resolved/.test(details)
    ? `no connection: ${extractReason(details)}`
    : reword(details, [...beforeResponse, ...anyStage]);
}

function reword(details: string, rewordings: readonly Rewording[]): string {
  const [pattern, text] = rewordings.find(([pattern]) => pattern.test(details)) ?? [];
  return pattern === undefined || text === undefined ? details : details.replace(pattern, text);
}

/** Pattern of a message of grpc-js, and the text that replaces it. */
type Rewording = readonly [pattern: RegExp, text: string];

/** Messages for a call without a response. */
const beforeResponse: readonly Rewording[] = [
  [/^Name resolution failed for target (.*)$/, "the host name does not resolve: $1"],
  [/^Channel closed before call started$/, "the client was closed before the call had a connection"],
  [/^Getting metadata from plugin failed with error: /, "failed to get a token: "],
  [/^Attempted to send message with a size larger than (\d+)$/, "the request exceeds maxSendMessageBytes ($1)"],
];

/** Message of grpc-js for the HTTP/2 error code ENHANCE_YOUR_CALM. */
const enhanceYourCalm = "Bandwidth exhausted or memory limit exceeded";

const httpStatus: Rewording = [
  /^Received HTTP status code (\d+)$/,
  "the peer responded with HTTP status $1; it may be a proxy or a web server",
];

/** Messages for a call at any stage. */
const anyStage: readonly Rewording[] = [
  [/^Connection dropped$/, "the connection was lost during the call"],
  [/^(?:read|write) E[A-Z]+$/, "the connection was lost during the call: $&"],
  [
    /^Received message (?:larger than max \((\d+) vs (\d+)\)|that decompresses to a size larger than (\d+))$/,
    "the response exceeds maxReceiveMessageBytes ($2$3)",
  ],
  [
    /^Received RST_STREAM with code 0 \(Call ended without gRPC status\)$/,
    "the server ended the call without a status",
  ],
  [/^Call cancelled$/, "the server cancelled the call"],
  [
    new RegExp(`^${enhanceYourCalm}$`),
    "the call was reset with ENHANCE_YOUR_CALM: the metadata of the request or response is too large or has more than 128 entries, or the server limits the load from its clients",
  ],
  httpStatus,
];

/** Extracts the reason for a failed connection from the messages of grpc-js and OpenSSL. */
function extractReason(details: string): string {
  const text = details
    .replace(/\s*Resolution note:\s*/, "")
    .replace(/^(?:\w+: )?(?:No connection established\. Last error: )*/, "")
    .replace(/^(?:\w*Error(?: \[\w+\])?: )+/, "")
    .replace(/[\dA-F]+:error:[\dA-F]+:[^:]*:[^:]*:([^:]*):[^\n]*/, "$1")
    .replace(/\s*\(\d{4}-[\dT:.-]+Z\)/, "")
    .replace(/[\s.]+$/, "");
  if (text === "undefined") {
    // grpc-js reports no reason if the proxy fails.
    return "the HTTP proxy in http_proxy failed to connect";
  }
  const [, hint] = hints.find(([pattern]) => pattern.test(text)) ?? [];
  return hint === undefined ? text : `${text} (${hint})`;
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/wrong version number|packet length too long/, "the server does not speak TLS; remove tls"],
  [/before secure TLS connection/, "the server aborted the TLS handshake; it may not speak TLS"],
  [/certificate required|handshake failure/, "the server requires a client certificate; set tls.cert and tls.key"],
  [/no application protocol/, "the server speaks TLS but not HTTP/2"],
  [/unable to (?:verify|get)|self.signed/, "set tls.ca to the CA that signed the server's certificate"],
  [/does not match certificate's altnames/, "if the certificate is meant for another name, set tls.serverName to it"],
  [/^Protocol error$/, "the peer does not speak HTTP/2; it may be an HTTP/1 server"],
  [/^Failed to connect$/, "the peer closed the connection; it may expect TLS or another client certificate"],
];
