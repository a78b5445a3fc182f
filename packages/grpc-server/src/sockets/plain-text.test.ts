import assert from "node:assert/strict";
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { test } from "node:test";
import { connect as connectTls } from "node:tls";
import { Client, credentials, Server, ServerCredentials } from "@grpc/grpc-js";
import { callUnary } from "@hello/testing/call-unary";
import { captureLog } from "@hello/testing/captured-log";
import { addEcho, echo } from "@hello/testing/echo-server";
import { preface } from "@hello/testing/http2-frames";
import { waitForClose } from "@hello/testing/wait-for-close";
import { pino } from "pino";
import { listen } from "./listener.js";
import { createPlainTextTransport } from "./plain-text.js";

/** Serves one method that returns its request. */
async function serve({ handshakeTimeoutMs = 10_000 } = {}) {
  const log = captureLog();
  const logger = pino({ level: "debug" }, log);
  const server = new Server();
  addEcho(server);
  const injector = server.createConnectionInjector(ServerCredentials.createInsecure());
  const onConnection = (socket: Socket) => injector.injectConnection(socket);
  const transport = createPlainTextTransport({ handshakeTimeoutMs, logger, onConnection });
  const listener = await listen(["127.0.0.1:0"], { maxConnections: 100, logger, onConnection: transport.accept });
  const [target = ""] = listener.addresses;
  return {
    target,
    log,
    transport,
    connect: () => connect(Number(target.split(":")[1]), "127.0.0.1"),
    refusal: () => log.line(({ msg }) => msg === "connection refused"),
    echo(bytes: Buffer) {
      const client = new Client(target, credentials.createInsecure(), { "grpc.use_local_subchannel_pool": 1 });
      return callUnary(client, echo, bytes).finally(() => client.close());
    },
    [Symbol.dispose]() {
      listener.close();
      transport.close();
      server.forceShutdown();
    },
  };
}

test("delivers requests of all sizes intact, regardless of how much arrives with the first bytes", async () => {
  using server = await serve();
  for (const size of [0, 1, 20_000, 70_000, 3_000_000]) {
    assert.ok((await server.echo(Buffer.alloc(size, 1))).equals(Buffer.alloc(size, 1)), `${size} bytes`);
  }
});

test("refuses a client that speaks TLS, and logs the reason", async () => {
  using server = await serve();
  const client = connectTls({ socket: server.connect() });
  await assert.rejects(once(client, "secureConnect"));
  const { level, reason, peer } = await server.refusal();
  assert.equal(level, 40);
  assert.equal(reason, "the client speaks TLS to a plain-text port");
  assert.match(String(peer), /^127\.0\.0\.1:\d+$/);
});

test("refuses a client that speaks HTTP/1.1, and logs the reason", async () => {
  using server = await serve();
  const client = server.connect();
  await waitForClose(client.end("GET / HTTP/1.1\r\n\r\n"));
  assert.equal((await server.refusal())["reason"], "the client does not speak HTTP/2");
});

test("disconnects a silent client after the handshake timeout", async () => {
  using server = await serve({ handshakeTimeoutMs: 50 });
  await waitForClose(server.connect());
  assert.equal((await server.refusal())["reason"], "the client sent no data in time");
});

test("does not disconnect a client that has sent its preface", async () => {
  using server = await serve({ handshakeTimeoutMs: 300 });
  const client = server.connect();
  client.write(preface);
  const silent = waitForClose(server.connect()).then(() => "silent client");
  assert.equal(await Promise.race([silent, waitForClose(client).then(() => "active client")]), "silent client");
  client.destroy();
});

test("logs nothing for a probe that connects and disconnects", async () => {
  using server = await serve();
  await waitForClose(server.connect().end());
  assert.deepEqual(server.log.lines, []);
});

test("disconnects silent clients on close", async () => {
  using server = await serve();
  const client = server.connect();
  await server.echo(Buffer.of(1));
  server.transport.close();
  await waitForClose(client);
  // The timeout would have logged a line.
  assert.deepEqual(server.log.lines, []);
});
