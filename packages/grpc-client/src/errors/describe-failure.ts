import type { StatusOrigin } from "./status-origin.js";

/** Facts about a failed call, besides its status. */
export interface FailureContext {
  /** Creator of the status. */
  readonly origin: StatusOrigin;
  /** Timeout of the call in milliseconds. */
  readonly timeoutMs: number;
  readonly deadlinePassed: boolean;
  /** Last step that the call reached. */
  readonly progress: "token" | "sent" | "metadata" | "message";
  /** Reason why there is no connection, in the words of grpc-js, if known. */
  readonly connectionError?: string | undefined;
  /** True if a server of the target has rejected keepalive pings. */
  readonly pingsRejected?: boolean | undefined;
  /** Content type of the response. */
  readonly contentType?: string | undefined;
}

/** Describes why a call failed. Rewords the messages of grpc-js; the message of a server stays as it is. */
export function describeFailure(details: string, context: FailureContext): string {
  const { contentType } = context;
  const text = describe(details, context);
  return contentType === undefined || isGrpc(contentType)
    ? text
    : `${text}; the peer answers with ${contentType}, so it is not a gRPC server`;
}

function describe(details: string, context: FailureContext): string {
  const { origin, deadlinePassed, contentType } = context;
  if (origin === "server") {
    // A peer that is not a gRPC server sends only an HTTP status, which grpc-js turns into a message.
    return isGrpc(contentType) ? details : rewrite(details, [httpStatus]);
  }
  if (details.startsWith("Deadline exceeded after ")) {
    return origin === "client" || deadlinePassed ? describeDeadline(details, context) : details;
  }
  if (context.pingsRejected && details === enhanceYourCalm) {
    return "the server closed the connection because of too many pings (GOAWAY too_many_pings): raise keepaliveTimeMs";
  }
  return origin === "client" ? describeConnection(details) : rewrite(details, anytime);
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
    return `the name was not resolved ${limit}`;
  }
  if (connectionError !== undefined) {
    return `no connection ${limit}: ${describeConnection(connectionError).replace(/^no connection: /, "")}`;
  }
  if (peer === undefined) {
    return `no connection ${limit}: nothing answers at that address, or the peer does not speak HTTP/2`;
  }
  switch (progress) {
    case "metadata":
      return `${peer} began to answer but sent no message ${limit}`;
    case "message":
      return `${peer} sent a message but did not end the call ${limit}`;
    default:
      return `${peer} did not answer ${limit}`;
  }
}

function describeConnection(details: string): string {
  return /No connection established|No addresses resolved/.test(details)
    ? `no connection: ${reason(details)}`
    : rewrite(details, [...unanswered, ...anytime]);
}

function rewrite(details: string, rewordings: readonly Rewording[]): string {
  const [pattern, text] = rewordings.find(([pattern]) => pattern.test(details)) ?? [];
  return pattern === undefined || text === undefined ? details : details.replace(pattern, text);
}

/** Message of grpc-js, and our wording of it. */
type Rewording = readonly [pattern: RegExp, text: string];

/** Messages about a call that no server has begun to answer. */
const unanswered: readonly Rewording[] = [
  [/^Name resolution failed for target (.*)$/, "the name does not resolve: $1"],
  [/^Channel closed before call started$/, "the client was closed before the call had a connection"],
  [/^Getting metadata from plugin failed with error: /, "there is no token: "],
  [/^Attempted to send message with a size larger than (\d+)$/, "the request is larger than maxSendMessageBytes, $1"],
];

/** Message of grpc-js for ENHANCE_YOUR_CALM. */
const enhanceYourCalm = "Bandwidth exhausted or memory limit exceeded";

const httpStatus: Rewording = [
  /^Received HTTP status code (\d+)$/,
  "the peer answered with HTTP status $1, as a proxy or a web server does",
];

/** Messages about any call. */
const anytime: readonly Rewording[] = [
  [/^Connection dropped$/, "the connection was lost while the call was open"],
  [/^(?:read|write) E[A-Z]+$/, "the connection was lost while the call was open: $&"],
  [
    /^Received message (?:larger than max \((\d+) vs (\d+)\)|that decompresses to a size larger than (\d+))$/,
    "the response is larger than maxReceiveMessageBytes, $2$3",
  ],
  [
    /^Received RST_STREAM with code 0 \(Call ended without gRPC status\)$/,
    "the server ended the call without a status",
  ],
  [/^Call cancelled$/, "the server cancelled the call"],
  [
    /^Bandwidth exhausted or memory limit exceeded$/,
    "the call was reset with ENHANCE_YOUR_CALM: the metadata of the request or the response is too large, or has more than 128 entries, or the server limits its clients",
  ],
  httpStatus,
];

/** Extracts the reason why there is no connection from the messages of grpc-js and OpenSSL. */
function reason(details: string): string {
  const text = details
    .replace(/\s*Resolution note:\s*/, "")
    .replace(/^(?:\w+: )?(?:No connection established\. Last error: )*/, "")
    .replace(/^(?:\w*Error(?: \[\w+\])?: )+/, "")
    .replace(/[\dA-F]+:error:[\dA-F]+:[^:]*:[^:]*:([^:]*):[^\n]*/, "$1")
    .replace(/\s*\(\d{4}-[\dT:.-]+Z\)/, "")
    .replace(/[\s.]+$/, "");
  if (text === "undefined") {
    // grpc-js gives no reason if a proxy fails.
    return "the HTTP proxy named by http_proxy did not connect";
  }
  const [, hint] = hints.find(([pattern]) => pattern.test(text)) ?? [];
  return hint === undefined ? text : `${text} (${hint})`;
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/wrong version number|packet length too long/, "the server does not speak TLS; remove tls"],
  [/before secure TLS connection/, "the server ended the TLS handshake; perhaps it does not speak TLS"],
  [/certificate required|handshake failure/, "the server requires a client certificate; set tls.cert and tls.key"],
  [/no application protocol/, "the server speaks TLS but not HTTP/2"],
  [/unable to (?:verify|get)|self.signed/, "set tls.ca to the authority that signed the server's certificate"],
  [/does not match certificate's altnames/, "set tls.serverName if the certificate has another name on purpose"],
  [/^Protocol error$/, "the peer does not speak HTTP/2; perhaps it is an HTTP/1 server"],
  [/^Failed to connect$/, "the peer ended the connection; perhaps it expects TLS"],
];
