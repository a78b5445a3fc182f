import type { StatusOrigin } from "./status-origin.js";

/** What is known of a call that failed, beside its status. */
export interface Circumstances {
  /** Who made the status. */
  readonly origin: StatusOrigin;
  /** How long it might take, in milliseconds. */
  readonly timeoutMs: number;
  /** Whether that time has passed. */
  readonly isOver: boolean;
  /** How far it came. */
  readonly progress: "token" | "sent" | "metadata" | "message";
  /** Why there is no connection, as grpc-js says it, where that is known. */
  readonly connectionError?: string | undefined;
  /** What the peer says its answer is. */
  readonly contentType?: string | undefined;
}

/**
 * Says for a person why a call failed. What grpc-js writes itself is made readable; a server's text stays as it is.
 */
export function explain(details: string, circumstances: Circumstances): string {
  const { contentType } = circumstances;
  const text = explainText(details, circumstances);
  return contentType === undefined || isGrpc(contentType)
    ? text
    : `${text}; the peer answers with ${contentType}, so it is no gRPC server`;
}

function explainText(details: string, circumstances: Circumstances): string {
  const { origin, isOver, contentType } = circumstances;
  if (origin === "server") {
    // What is no gRPC server sends HTTP's status alone, of which grpc-js makes a text.
    return isGrpc(contentType) ? details : rewrite(details, [httpStatus]);
  }
  if (details.startsWith("Deadline exceeded after ")) {
    return origin === "client" || isOver ? explainDeadline(details, circumstances) : details;
  }
  return origin === "client" ? explainConnection(details) : rewrite(details, anytime);
}

function isGrpc(contentType: string | undefined): boolean {
  return contentType?.startsWith("application/grpc") === true;
}

function explainDeadline(details: string, { timeoutMs, progress, connectionError }: Circumstances): string {
  const limit = `within ${timeoutMs} ms`;
  const peer = /remote_addr=([^,]+)/.exec(details)?.[1];
  if (timeoutMs <= 0) {
    return "the deadline had passed before the call began";
  }
  if (progress === "token") {
    return `no token ${limit}`;
  }
  if (details.includes("waiting for name resolution")) {
    return `the name was not resolved ${limit}`;
  }
  if (connectionError !== undefined) {
    return `no connection ${limit}: ${explainConnection(connectionError).replace(/^no connection: /, "")}`;
  }
  if (peer === undefined) {
    return `no connection ${limit}: nothing answers at that address, or what does speaks no HTTP/2`;
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

function explainConnection(details: string): string {
  return /No connection established|No addresses resolved/.test(details)
    ? `no connection: ${reason(details)}`
    : rewrite(details, [...unanswered, ...anytime]);
}

function rewrite(details: string, sentences: readonly Sentence[]): string {
  const [pattern, text] = sentences.find(([pattern]) => pattern.test(details)) ?? [];
  return pattern === undefined || text === undefined ? details : details.replace(pattern, text);
}

/** What grpc-js says itself of a call, and how we do. */
type Sentence = readonly [pattern: RegExp, text: string];

/** Those of a call that no server has begun to answer. */
const unanswered: readonly Sentence[] = [
  [/^Name resolution failed for target (.*)$/, "the name does not resolve: $1"],
  [/^Channel closed before call started$/, "the client was closed before the call had a connection"],
  [/^Getting metadata from plugin failed with error: /, "there is no token: "],
  [/^Attempted to send message with a size larger than (\d+)$/, "the request is larger than maxSendBytes, $1"],
];

const httpStatus: Sentence = [
  /^Received HTTP status code (\d+)$/,
  "the peer answered with HTTP status $1, as a proxy or a web server does",
];

/** Those of any call. */
const anytime: readonly Sentence[] = [
  [/^Connection dropped$/, "the connection was lost while the call was open"],
  [/^(?:read|write) E[A-Z]+$/, "the connection was lost while the call was open: $&"],
  [
    /^Received message (?:larger than max \((\d+) vs (\d+)\)|that decompresses to a size larger than (\d+))$/,
    "the response is larger than maxReceiveBytes, $2$3",
  ],
  [
    /^Received RST_STREAM with code 0 \(Call ended without gRPC status\)$/,
    "the server ended the call without a status",
  ],
  [/^Call cancelled$/, "the server cancelled the call"],
  httpStatus,
];

/** Why there is no connection, without the wrappings of grpc-js and OpenSSL. */
function reason(details: string): string {
  const text = details
    .replace(/\s*Resolution note:\s*/, "")
    .replace(/^(?:\w+: )?(?:No connection established\. Last error: )*/, "")
    .replace(/^(?:\w*Error(?: \[\w+\])?: )+/, "")
    .replace(/[\dA-F]+:error:[\dA-F]+:[^:]*:[^:]*:([^:]*):[^\n]*/, "$1")
    .replace(/\s*\(\d{4}-[\dT:.-]+Z\)/, "")
    .replace(/[\s.]+$/, "");
  if (text === "undefined") {
    // Of a proxy grpc-js says no more.
    return "the HTTP proxy that http_proxy names gives none";
  }
  const [, hint] = hints.find(([pattern]) => pattern.test(text)) ?? [];
  return hint === undefined ? text : `${text} (${hint})`;
}

const hints: readonly (readonly [RegExp, string])[] = [
  [/wrong version number|packet length too long/, "the server speaks no TLS; leave tls out"],
  [/before secure TLS connection/, "the server ended the TLS handshake; perhaps it speaks no TLS"],
  [/certificate required|handshake failure/, "the server wants a client's certificate; set tls.cert and tls.key"],
  [/no application protocol/, "the server speaks TLS but no HTTP/2"],
  [/unable to (?:verify|get)|self.signed/, "set tls.ca to the authority that signed the server's certificate"],
  [/does not match certificate's altnames/, "set tls.serverName if the certificate has another name on purpose"],
  [/^Protocol error$/, "the peer speaks no HTTP/2; perhaps it is an HTTP/1 server"],
  [/^Failed to connect$/, "the peer ended the connection; perhaps it expects TLS"],
];
