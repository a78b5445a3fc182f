/** Errors of calls, which clients reject with as an `RpcError`. */
import { createServer as createHttpServer } from "node:http";
import {
  createServer as createHttp2Server,
  createSecureServer,
  type OutgoingHttpHeaders,
  type ServerHttp2Stream,
} from "node:http2";
import { createServer as createTcpServer, type Socket } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { experimental } from "@grpc/grpc-js";
import type { ClientOptions } from "@hello/grpc-client";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { message } from "@hello/testing/http2-frames";
import { listen, listenHttp2, type Peer } from "@hello/testing/peer";
import type { Chapter, Example, Section } from "./catalogue.js";
import { catchError } from "./catch-error.js";
import { EchoClient } from "./echo-client.js";

const request = new EchoRequest().setValue("World");
const response = message(new EchoResponse().setValue("Hello").serializeBinary());
const grpc = { ":status": 200, "content-type": "application/grpc" };
const columns = ["what happens", "error"];

/** Use of a client that fails. */
type Use = (client: EchoClient) => Promise<unknown>;
/** Server that answers every call alike. */
type Answer = (stream: ServerHttp2Stream) => void;

const echo: Use = (client) => client.echo(request);

/** Collects the errors of calls. */
export async function collectRpcErrors(): Promise<Chapter> {
  registerSilentResolver();
  return {
    title: "Errors of calls",
    text: "A call that fails rejects with an `RpcError`: the status, the details, and in brackets the call.",
    sections: [
      await collectConnectionErrors(),
      await collectTlsErrors(),
      await collectDeadlineErrors(),
      await collectAnswerErrors(),
    ],
  };
}

/** Fails a use of a client of a target. */
function fail(cause: string, target: string, options: ClientOptions, use: Use = echo): Promise<Example> {
  return catchError(cause, async () => {
    await using client = new EchoClient(target, { retry: false, timeoutMs: 20_000, ...options });
    return await use(client);
  });
}

/** Fails a use of a client of a peer, which it closes. */
async function failAt(cause: string, peer: Promise<Peer>, options: ClientOptions = {}, use?: Use): Promise<Example> {
  await using server = await peer;
  return await fail(cause, server.address, options, use);
}

function listenTcp(text?: string): Promise<Peer> {
  return listen(createTcpServer((socket) => (text === undefined ? undefined : socket.end(text))));
}

/** Registers the scheme `silent`, whose targets never resolve. */
function registerSilentResolver(): void {
  experimental.registerResolver(
    "silent",
    class implements experimental.Resolver {
      updateResolution() {}
      destroy() {}
      static getDefaultAuthority() {
        return "localhost";
      }
    },
  );
}

async function collectConnectionErrors(): Promise<Section> {
  const dropped = () => listenHttp2((stream) => stream.session?.destroy());
  return {
    title: "Connection",
    text: "",
    columns,
    examples: [
      await fail("no server", "127.0.0.1:1", {}),
      await fail("no server, `connect()`", "127.0.0.1:1", {}, () =>
        EchoClient.connect("127.0.0.1:1", { timeoutMs: 20_000 }),
      ),
      await fail("a host name that does not exist", "nowhere.invalid:50051", {}),
      await failAt("an HTTP/1 server", listen(createHttpServer())),
      await failAt("a server that closes every connection", listenTcp("")),
      await fail("a closed client", "127.0.0.1:1", {}, (client) => {
        client.close();
        return echo(client);
      }),
      await fail("a client that is closed while it connects", "silent:a", {}, (client) => {
        const call = echo(client);
        client.close();
        return call;
      }),
      await failAt("a connection that ends during a call", dropped()),
      await failAt("a connection that is reset during a call", listenAndReset()),
      await failAt("`GOAWAY` because of pings", listenAndRejectPings()),
    ],
  };
}

function listenAndReset(): Promise<Peer> {
  const server = createHttp2Server();
  server.on("connection", (socket: Socket) => server.once("stream", () => socket.resetAndDestroy()));
  return listen(server);
}

function listenAndRejectPings(): Promise<Peer> {
  return listenHttp2(({ session }) => session?.goaway(0xb, 0, Buffer.from("too_many_pings")));
}

async function collectDeadlineErrors(): Promise<Section> {
  const timeoutMs = 500;
  const late: Use = (client) => client.echo(request, { timeoutMs });
  const token = () => new Promise<string>(() => {});
  return {
    title: "Deadlines",
    text: "",
    columns,
    examples: [
      await fail("`timeoutMs: 0`", "127.0.0.1:1", {}, (client) => client.echo(request, { timeoutMs: 0 })),
      await fail("`waitForReady`, and no server", "127.0.0.1:1", { timeoutMs, waitForReady: true }),
      await fail("`waitForReady`, and a name that is not resolved", "silent:a", { timeoutMs, waitForReady: true }),
      await failAt("a server that sends nothing", listenTcp(), { timeoutMs }),
      await catchError("a server that sends nothing, `connect()`", async () => {
        await using peer = await listenTcp();
        return await EchoClient.connect(peer.address, { timeoutMs });
      }),
      await failConnected("a token function that never returns", () => {}, late, { token, allowPlaintextToken: true }),
      await failConnected("a call that is not answered", () => {}, late),
      await failAt(
        "a stream that is not answered",
        listenHttp2(() => {}),
        { timeoutMs: 1_500 },
        (client) => client.echoStream(request),
      ),
      await failConnected("headers alone", (stream) => stream.respond(grpc), late),
      await failConnected(
        "a response without a status",
        (stream) => {
          stream.respond(grpc);
          stream.write(response);
        },
        late,
      ),
      await failConnected(
        "`idleTimeoutMs`",
        () => {},
        (client) => client.chat([], { idleTimeoutMs: 100 }),
      ),
    ],
  };
}

/** Fails a use of a client that is connected to a server. */
async function failConnected(cause: string, answer: Answer, use: Use, options: ClientOptions = {}): Promise<Example> {
  await using peer = await listenHttp2(answer);
  await using client = await EchoClient.connect(peer.address, { retry: false, timeoutMs: 20_000, ...options });
  return await catchError(cause, () => use(client));
}

async function collectAnswerErrors(): Promise<Section> {
  const trailers = (headers: OutgoingHttpHeaders) =>
    listenHttp2((stream) => stream.respond(headers, { endStream: true }));
  const body = (bytes: Uint8Array, status = "0", headers: object = {}) =>
    listenHttp2((stream) => {
      stream.respond({ ...grpc, ...headers }, { waitForTrailers: true });
      stream.on("wantTrailers", () => stream.sendTrailers({ "grpc-status": status }));
      stream.end(bytes);
    });
  const reset = (code: number) => listenHttp2((stream) => stream.close(code));
  const controller = new AbortController();
  controller.abort();
  const token = () => {
    throw new Error("the vault is sealed");
  };
  const throwing = () => {
    throw new Error("no space left");
  };
  return {
    title: "Calls",
    text: "The details of a status that a server sends stay as they are.",
    columns,
    examples: [
      await failAt("a status with details", trailers({ ...grpc, "grpc-status": 5, "grpc-message": "no such user" })),
      await failAt("a status without details", trailers({ ...grpc, "grpc-status": 5 })),
      await failAt("a call that is retried", trailers({ ...grpc, "grpc-status": 14, "grpc-message": "busy" }), {
        retry: { maxAttempts: 2, initialBackoffMs: 1 },
      }),
      await failAt("a web server", trailers({ ":status": 404, "content-type": "text/html" })),
      await failAt("a proxy without content type", trailers({ ":status": 502 })),
      await failAt("no message, and OK", body(Buffer.of())),
      await failAt("two messages", body(Buffer.concat([response, response]))),
      await failAt("a message that is not protobuf", body(message(Buffer.of(0xff)))),
      await failAt(
        "a message that is not gzip",
        body(message(Buffer.of(1), { compressed: true }), "0", { "grpc-encoding": "gzip" }),
      ),
      await failAt("`maxReceiveMessageBytes`", body(response), { maxReceiveMessageBytes: 2 }),
      await failAt("`maxSendMessageBytes`", body(response), { maxSendMessageBytes: 2 }),
      await failAt(
        "the end of the stream without a status",
        listenHttp2((stream) => void stream.respond(grpc, { endStream: true })),
      ),
      await failAt("`RST_STREAM` with `NO_ERROR`", reset(0)),
      await failAt("`RST_STREAM` with `CANCEL`", reset(8)),
      await failAt("`RST_STREAM` with `ENHANCE_YOUR_CALM`", reset(0xb)),
      await failAt(
        "a message that is not deflate",
        body(message(Buffer.of(1), { compressed: true }), "0", { "grpc-encoding": "deflate" }),
      ),
      await failAt("metadata of 64 KiB with the headers of gRPC", body(response), {}, (client) =>
        client.echo(request, { metadata: { "x-id": "a".repeat(65_400) } }),
      ),
      await failAt("metadata beyond `SETTINGS_MAX_HEADER_LIST_SIZE`", listenForSmallHeaders(), {}, (client) =>
        client.echo(request, { metadata: { "x-id": "a".repeat(2_000) } }),
      ),
      await failAt("a token function that throws", body(response), { token, allowPlaintextToken: true }),
      await failAt("a signal that has aborted", body(response), {}, (client) =>
        client.echo(request, { signal: controller.signal }),
      ),
      await failAt(
        "a signal that aborts",
        listenHttp2(() => {}),
        {},
        (client) => client.echo(request, { signal: AbortSignal.timeout(50) }),
      ),
      await failAt(
        "a parent call that is cancelled",
        listenHttp2(() => {}),
        {},
        (client) => client.echo(request, { parent: { signal: AbortSignal.timeout(50), deadline: undefined } }),
      ),
      await failAt(
        "an iterable of requests that throws",
        listenHttp2(() => {}),
        {},
        (client) =>
          client.collect(
            (function* () {
              yield throwing();
            })(),
          ),
      ),
      await failAt(
        "a request in a stream that cannot be encoded",
        listenHttp2(() => {}),
        {},
        (client) => client.collect(["World"]),
      ),
      await failAt(
        "a request that cannot be encoded",
        listenHttp2(() => {}),
        {},
        (client) => client.echo(new EchoRequest().setValue("\ud800")),
      ),
      await failAt(
        "a method that encodes no bytes",
        listenHttp2(() => {}),
        {},
        (client) => client.call({ ...plainMethod, requestSerialize: () => "abc" as unknown as Buffer }, "abc"),
      ),
      await failAt("a response that is not UTF-8", body(message(Buffer.of(0x0a, 1, 0xff)))),
      await failAt("a response with an invalid field", body(message(Buffer.of(0x00, 1)))),
      await failAt("a response with an unexpected group", body(message(Buffer.of(0x0c)))),
      await failAt("`onMetadata` that throws", body(response), {}, (client) =>
        client.echo(request, { onMetadata: throwing }),
      ),
      await failAt("`onTrailers` that throws", body(response), {}, (client) =>
        client.echo(request, { onTrailers: throwing }),
      ),
    ],
  };
}

const plainMethod = {
  path: EchoService.unary.path,
  requestStream: false,
  responseStream: false,
  requestSerialize: (text: string) => Buffer.from(text),
  responseDeserialize: (bytes: Buffer) => bytes,
};

function listenForSmallHeaders(): Promise<Peer> {
  const server = createHttp2Server({ settings: { maxHeaderListSize: 1_000 } });
  server.on("stream", (stream) => stream.respond({ ...grpc, "grpc-status": "5" }, { endStream: true }));
  return listen(server);
}

async function collectTlsErrors(): Promise<Section> {
  await using certificates = await createCertificates();
  const { ca, client, server, wrongHost } = certificates;
  const tls = { ca: ca.cert };
  const secure = ({ cert, key } = server, options: object = {}) =>
    listen(createSecureServer({ cert, key, ...options }));
  const mutual = () => secure(server, { requestCert: true, rejectUnauthorized: true, ca: ca.cert });
  return {
    title: "TLS",
    text: "",
    columns,
    examples: [
      await failAt(
        "`tls`, and a server in plain text",
        listenHttp2(() => {}),
        { tls },
      ),
      await failAt("`tls`, and a server that closes the connection", listenTcp(""), { tls }),
      await failAt("plain text, and a server with TLS", secure()),
      await failAt("an authority that the client does not trust", secure(), { tls: true }),
      await failAt("a certificate for another host", secure(wrongHost), { tls }),
      await failAt("no client certificate", mutual(), { tls }),
      await failAt("TLS without HTTP/2", listenWithoutHttp2(certificates), { tls }),
      await failAt("a client certificate of another authority", mutual(), {
        tls: { ...tls, cert: certificates.untrusted.client.cert, key: certificates.untrusted.client.key },
      }),
      await failAt("an expired certificate", secure(certificates.expired), {
        tls: { ...tls, cert: client.cert, key: client.key },
      }),
    ],
  };
}

function listenWithoutHttp2({ server: { cert, key } }: TestCertificates): Promise<Peer> {
  return listen(createTlsServer({ cert, key, ALPNProtocols: ["http/1.1"] }));
}
