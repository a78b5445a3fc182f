/** Lines that a server logs. */
import { copyFile, utimes } from "node:fs/promises";
import { connect as connectTcp } from "node:net";
import { join } from "node:path";
import { type ConnectionOptions, connect as connectTls } from "node:tls";
import { Client, credentials, Metadata, type ServerInterceptor } from "@grpc/grpc-js";
import {
  allowPrincipals,
  bindService,
  createServer,
  type GrpcServer,
  type ServerOptions,
  StatusError,
  type UnaryHandler,
} from "@hello/grpc-server";
import { callUnary } from "@hello/testing/call-unary";
import { type Certificate, createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { message } from "@hello/testing/http2-frames";
import { connectRaw } from "@hello/testing/raw-http2";
import { waitForClose } from "@hello/testing/wait-for-close";
import { rawCall } from "../raw-call.js";
import type { Chapter, Example, Section } from "./catalogue.js";
import { type LogRecorder, recordLog, toExample } from "./log-recorder.js";
import { collectProcessLog } from "./process-log.js";

const columns = ["what happens", "level", "line"];
const request = new EchoRequest().setValue("World");

/** Collects the lines of the log. */
export async function collectServerLog(): Promise<Chapter> {
  return {
    title: "Log of a server",
    text: "The message of each line, followed by its field `reason` or the message of its field `err`.",
    sections: [
      await collectShutdown(),
      await collectCalls(),
      await collectConnections(),
      await collectTls(),
      ...(await collectProcessLog()),
    ],
  };
}

type Handler = UnaryHandler<EchoRequest, EchoResponse>;

/** Server of the Echo service with a recorded log. */
interface RecordedServer extends LogRecorder, AsyncDisposable {
  readonly address: string;
  readonly server: GrpcServer;
  /** Calls the unary method. Resolves when the call has ended, however it ends. */
  call(options?: Parameters<typeof callUnary>[3]): Promise<void>;
}

async function serve(handler: Handler, options: Partial<ServerOptions<unknown>> = {}): Promise<RecordedServer> {
  const log = recordLog();
  const server = createServer<unknown>({
    addresses: ["127.0.0.1:0"],
    services: [bindService(EchoService, { ...echoServicer, unary: handler })],
    logger: log.logger,
    shutdownGraceMs: 0,
    ...options,
  });
  const [address = ""] = await server.start();
  const client = new Client(address, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
  return {
    ...log,
    address,
    server,
    call: async (callOptions) => {
      await callUnary(client, EchoService.unary, request, callOptions).catch(() => undefined);
    },
    async [Symbol.asyncDispose]() {
      client.close();
      await server.shutdown();
    },
  };
}

const respond = async () => new EchoResponse();

async function collectShutdown(): Promise<Section> {
  const arrival = new AbortController();
  const never = () => {
    arrival.abort();
    return new Promise<EchoResponse>(() => {});
  };
  await using server = await serve(never);
  const call = server.call();
  await new Promise((resolve) => arrival.signal.addEventListener("abort", resolve));
  await server.server.shutdown();
  await call;
  const lines = server.lines.filter(({ level }) => level >= 30);
  return {
    title: "Start and shutdown",
    text: "",
    columns,
    examples: lines.map((line, index) => toExample(index === 0 ? "the start" : "the shutdown", line)),
  };
}

async function collectCalls(): Promise<Section> {
  const throwing = async (
    cause: string,
    error: unknown,
    line: string,
    options: Partial<ServerOptions<unknown>> = {},
  ) => {
    await using server = await serve(() => Promise.reject(error), options);
    await server.call();
    return await server.next(cause, line);
  };
  const arrival = new AbortController();
  await using stopping = await serve(async (_, { signal }) => {
    arrival.abort();
    await new Promise((resolve) => signal.addEventListener("abort", resolve));
    throw signal.reason;
  });
  await stopping.call({ signal: arrival.signal });
  const stopped = "handler stopped because its call ended";
  const cancelled = await stopping.next(
    "a handler that throws the reason of `call.signal`, after a cancellation",
    stopped,
  );
  await callRaw(stopping.address, { "grpc-timeout": "100m" });
  const large = new Metadata();
  large.set("x-id", "a".repeat(10_000));
  await using metadata = await serve(() => Promise.reject(new StatusError(5, "", { metadata: large })));
  await metadata.call();
  await using compression = await serve(async (_, call) => {
    call.compression = "br" as "gzip";
    return new EchoResponse();
  });
  await compression.call();
  const interceptor: ServerInterceptor = () => {
    throw new Error("no session");
  };
  const { grace, forged, denied } = await collectRejections();
  await using certificates = await createCertificates();
  return {
    title: "Calls",
    text: "",
    columns,
    examples: [
      await metadata.next("any call", "call"),
      await throwing("a handler that throws", new Error("the disk is full"), "handler failed"),
      await throwing(
        "a `StatusError` with a `cause`",
        new StatusError(5, "no such user", { cause: new Error("404") }),
        "handler failed",
      ),
      await compression.next('`call.compression = "br"`', "handler failed"),
      cancelled,
      await stopping.next("the same, after the deadline", stopped),
      await throwing("an error that cannot be read", createUnreadableError(), "failed to log or send an error"),
      await failToSerialize(),
      await metadata.next(
        "a `StatusError` with metadata of 10 KiB",
        "metadata omitted: it exceeds what clients accept",
      ),
      await throwing("an interceptor that throws", undefined, "failed to start the call", {
        interceptors: [interceptor],
      }),
      await throwing("an `authorize` that throws", undefined, "authorize failed", {
        authorize: () => Promise.reject(new Error("the directory is down")),
      }),
      grace,
      await rejectNamelessCertificate(certificates),
      forged,
      denied,
    ],
  };
}

/** Calls the unary method with additional headers. */
async function callRaw(address: string, headers: Readonly<Record<string, string>>): Promise<void> {
  await rawCall(address, EchoService.unary.path, message(request.serializeBinary()), headers);
}

/** Creates a `StatusError` whose details throw. */
function createUnreadableError(): StatusError {
  return Object.defineProperty(new StatusError(5, ""), "details", {
    get() {
      throw new Error("unreadable");
    },
  });
}

async function failToSerialize(): Promise<Example> {
  await using server = await serve(async () => "World" as unknown as EchoResponse);
  await server.call();
  return await server.next("a response of another type", "failed to serialize the response");
}

async function collectRejections() {
  const verifyToken = (token: string) => {
    if (token === "forged") {
      throw new Error("wrong signature");
    }
    return { subject: token === "anonymous" ? undefined : token };
  };
  const rejection = async (cause: string, authorization: string) => {
    const authorize = allowPrincipals({ "*": ["subject:ada"] }, { verifyToken });
    await using server = await serve(respond, { authorize: authorize as ServerOptions<unknown>["authorize"] });
    const metadata = new Metadata();
    metadata.set("authorization", authorization);
    await server.call({ metadata });
    const { message, ...example } = await server.next(cause, "call rejected by authorize");
    return { ...example, message };
  };
  return {
    grace: await rejection("a principal that the access policy does not allow", "Bearer grace"),
    forged: await rejection("a token without a subject", "Bearer anonymous"),
    denied: await rejection("metadata `authorization` that is not a bearer token", "Basic ada"),
  };
}

/** Rejects a client whose certificate has no names. */
async function rejectNamelessCertificate({ ca, server, client }: TestCertificates): Promise<Example> {
  const authorize = allowPrincipals({ "*": ["dns:checkout"] }) as ServerOptions<unknown>["authorize"];
  const tls = { certFile: server.certFile, keyFile: server.keyFile, clientCaFile: ca.certFile };
  await using served = await serve(respond, { authorize, tls });
  const security = credentials.createSsl(Buffer.from(ca.cert), Buffer.from(client.key), Buffer.from(client.cert));
  const caller = new Client(served.address.replace("127.0.0.1", "localhost"), security);
  await callUnary(caller, EchoService.unary, request).catch(() => undefined);
  caller.close();
  return await served.next("a client certificate without names", "call rejected by authorize");
}

async function collectConnections(): Promise<Section> {
  await using server = await serve(respond, { maxConnections: 2 });
  const send = async (bytes: string, { address } = server) => {
    const socket = connectTcp(Number(address.split(":")[1]), "127.0.0.1", () => socket.write(bytes));
    await waitForClose(socket);
  };
  const examples: Example[] = [];
  await send("\u0016\u0003\u0001");
  examples.push(await server.next("TLS to a server in plain text", "connection refused"));
  await send("GET / HTTP/1.1\r\n\r\n");
  examples.push(await server.next("HTTP/1 to a server", "connection refused"));
  await using hasty = await serve(respond, { handshakeTimeoutMs: 200 });
  await send("", hasty);
  examples.push(await hasty.next("a client that sends nothing", "connection refused"));
  const open = [await connectRaw(server.address), await connectRaw(server.address)];
  await send("");
  examples.push(
    await server.next("a connection beyond `maxConnections`", "connection refused: maxConnections is reached"),
  );
  for (const connection of open) {
    connection[Symbol.dispose]();
  }
  await using other = await serve(respond);
  const reset = await connectRaw(other.address);
  await new Promise((resolve) => setTimeout(resolve, 50));
  reset.socket.resetAndDestroy();
  examples.push(await other.next("a connection that the client resets", "connection failed"));
  return { title: "Connections", text: "", columns, examples };
}

/** Serves over TLS with a recorded log. */
async function serveTls(
  { certFile, keyFile }: Pick<Certificate, "certFile" | "keyFile">,
  { clientCaFile, handshakeTimeoutMs }: { clientCaFile?: string | undefined; handshakeTimeoutMs?: number } = {},
): Promise<RecordedServer> {
  return await serve(respond, { tls: { certFile, keyFile, clientCaFile }, handshakeTimeoutMs });
}

async function collectTls(): Promise<Section> {
  await using certificates = await createCertificates();
  return {
    title: "TLS",
    text: "",
    columns,
    examples: [...(await collectHandshakes(certificates)), ...(await collectRotation(certificates))],
  };
}

async function collectHandshakes(certificates: TestCertificates): Promise<Example[]> {
  const { ca, server, untrusted } = certificates;
  const clientCaFile = ca.certFile;
  const future = await ca.issue("early", { notBefore: new Date(Date.now() + 3_600_000) });
  const late = await ca.issue("late", { notAfter: new Date(Date.now() - 3_600_000) });
  const offers: readonly (readonly [cause: string, options: ConnectionOptions, mutual?: boolean])[] = [
    ["TLS 1.1", { minVersion: "TLSv1.1", maxVersion: "TLSv1.1", ciphers: "ALL:@SECLEVEL=0" }],
    ["a cipher suite that HTTP/2 forbids", { maxVersion: "TLSv1.2", ciphers: "ECDHE-ECDSA-AES128-SHA" }],
    ["no HTTP/2", { ALPNProtocols: ["http/1.1"] }],
    ["a client that does not trust the server", { ca: untrusted.ca.cert }],
    ["no client certificate", {}, true],
    ["a client certificate of another authority", pairOf(untrusted.client), true],
    ["an expired client certificate", pairOf(late), true],
    ["a client certificate that is not valid yet", pairOf(future), true],
    ["a certificate for servers", pairOf(server), true],
    [
      "a client certificate with its untrusted authority",
      { key: untrusted.client.key, cert: untrusted.client.cert + untrusted.ca.cert },
      true,
    ],
  ];
  const examples: Example[] = [];
  for (const [cause, options, mutual = false] of offers) {
    await using served = await serveTls(server, mutual ? { clientCaFile } : {});
    const port = Number(served.address.split(":")[1]);
    const socket = connectTls({ port, host: "127.0.0.1", ca: ca.cert, ALPNProtocols: ["h2"], ...options });
    await waitForClose(socket);
    examples.push(await served.next(cause, "TLS handshake failed"));
  }
  const texts: readonly (readonly [cause: string, text: string | undefined])[] = [
    ["plain text", "GET / HTTP/1.1\r\n\r\n"],
    ["HTTP/2 in plain text", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"],
    ["a client that closes the connection", ""],
    ["a client that sends nothing", undefined],
  ];
  for (const [cause, text] of texts) {
    await using served = await serveTls(server, text === undefined ? { handshakeTimeoutMs: 300 } : {});
    const socket = connectTcp(Number(served.address.split(":")[1]), "127.0.0.1");
    socket.on("connect", () => (text === undefined ? undefined : socket.end(text)));
    await waitForClose(socket);
    examples.push(await served.next(cause, "TLS handshake failed"));
  }
  return examples;
}

function pairOf({ cert, key }: Certificate) {
  return { cert, key };
}

async function collectRotation({ ca, folder, server, untrusted }: TestCertificates): Promise<Example[]> {
  const files = { certFile: join(folder, "served.crt"), keyFile: join(folder, "served.key") };
  const replace = async ({ certFile, keyFile }: Certificate) => {
    await copyFile(certFile, files.certFile);
    await copyFile(keyFile, files.keyFile);
  };
  await replace(server);
  await using served = await serveTls(files);
  const examples = [await served.next("the start", "serving a certificate")];
  await copyFile(untrusted.server.keyFile, files.keyFile);
  examples.push(await served.next("the key of another certificate", "keeping the last good certificate"));
  await copyFile(server.keyFile, files.keyFile);
  examples.push(await served.next("the key from before", "the files contain the served certificate again"));
  const end = new Date(Date.now() + 4_000);
  await replace(await ca.issue("short", { hosts: ["localhost"], notAfter: end }));
  examples.push(await served.next("a certificate that is replaced", "serving a new certificate"));
  examples.push(await served.next("a certificate near its end", "the server's certificate expires soon"));
  await new Promise((resolve) => setTimeout(resolve, end.getTime() - Date.now()));
  await utimes(files.certFile, new Date(), new Date());
  examples.push(
    await served.next("a certificate after its end", "the server's certificate has expired: clients refuse it"),
  );
  return examples;
}
