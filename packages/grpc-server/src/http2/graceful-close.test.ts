import assert from "node:assert/strict";
import { once } from "node:events";
import { connect as connectHttp2, createServer as createHttp2Server } from "node:http2";
import { test } from "node:test";
import { promisify } from "node:util";
import { ServerCredentials } from "@grpc/grpc-js";
import { createCertificates } from "@hello/testing/certificates";
import { addEcho, echo, serveEcho, wait } from "@hello/testing/echo-server";
import { bind } from "@hello/testing/grpc-server";
import {
  ack,
  callFrames,
  type Frame,
  frame,
  frameTypes,
  isTrailersOf,
  message,
  preface,
  uint32,
} from "@hello/testing/http2-frames";
import { listen } from "@hello/testing/peer";
import { connectRaw, connectReady, type RawConnection } from "@hello/testing/raw-http2";
import { defaultLimits } from "../../test/default-limits.js";
import type { Limits } from "../limits.js";
import { closeGracefully } from "./graceful-close.js";
import { createGrpcJsServer } from "./grpc-js-server.js";

const createServer = (limits: Partial<Limits> = {}) => createGrpcJsServer({ ...defaultLimits, ...limits });

const highestId = 2 ** 31 - 1;
const lastStreamId = ({ payload }: Frame) => payload.readUInt32BE(0);
const isAnnouncement = (frame: Frame) => lastStreamId(frame) === highestId;
const isFinal = (frame: Frame) => lastStreamId(frame) !== highestId;

/** Answers the ping that follows the announcement of the shutdown. */
async function answerPing(connection: RawConnection): Promise<void> {
  const { payload } = await connection.frame("PING");
  connection.send(frame("PING", { flags: ack, payload }));
}

test("answers calls that cross the announcement of the shutdown", async (t) => {
  const server = createServer();
  const { connect } = await serveEcho(t, server);
  const connection = await connect({ ackPings: false });
  const stopped = promisify(server.tryShutdown.bind(server))();
  await connection.frame("GOAWAY", isAnnouncement);
  connection.send(callFrames(1, echo.path), callFrames(3, echo.path));
  await connection.frame("HEADERS", isTrailersOf(1));
  await connection.frame("HEADERS", isTrailersOf(3));
  await answerPing(connection);
  assert.equal(lastStreamId(await connection.frame("GOAWAY", isFinal)), 3);
  await connection.closed;
  await stopped;
});

test("answers calls that cross the announcement of the maximum age, whose GOAWAY contains max_age", async (t) => {
  const server = await serveEcho(t, createServer({ maxConnectionAgeMs: 50 }));
  const connection = await server.connect({ ackPings: false });
  const { payload } = await connection.frame("GOAWAY");
  assert.deepEqual(payload, Buffer.concat([uint32(highestId, 0), Buffer.from("max_age")]));
  connection.send(callFrames(1, echo.path));
  await connection.frame("HEADERS", isTrailersOf(1));
  await answerPing(connection);
  assert.equal(lastStreamId(await connection.frame("GOAWAY", isFinal)), 1);
  await connection.closed;
});

test("ignores calls after the final GOAWAY and finishes those before it", async (t) => {
  const server = createServer();
  const { connect, waitingCalls, answer } = await serveEcho(t, server);
  const connection = await connect();
  const waiting = waitingCalls();
  connection.send(callFrames(1, wait.path));
  await waiting;
  server.tryShutdown(() => undefined);
  await connection.frame("GOAWAY", isFinal);
  connection.send(callFrames(3, echo.path), frame("PING", { payload: Buffer.from("in order") }));
  await connection.frame("PING", ({ flags }) => flags === ack);
  answer();
  await connection.frame("HEADERS", isTrailersOf(1));
  await connection.closed;
  assert.ok(!connection.frames.some(({ streamId }) => streamId === 3));
});

test("waits one second for a client that answers no ping", async (t) => {
  const server = createServer();
  const connection = await (await serveEcho(t, server)).connect({ ackPings: false });
  const startTime = performance.now();
  await promisify(server.tryShutdown.bind(server))();
  assert.ok(performance.now() - startTime > 990);
  await connection.closed;
});

test("does not wait for a client that closes the connection after the announcement", async (t) => {
  const server = createServer();
  const { connect } = await serveEcho(t, server);
  const silent = await connect({ ackPings: false });
  const leaving = await connect({ ackPings: false });
  server.tryShutdown(() => undefined);
  await leaving.frame("GOAWAY");
  leaving.send(frame("GOAWAY", { payload: uint32(0, 0) }));
  await leaving.closed;
  assert.ok(!silent.frames.some((frame) => frame.type === frameTypes.GOAWAY && isFinal(frame)));
  await silent.closed;
});

test("closes a connection once if it is closed twice, and completes both closes", async (t) => {
  const server = createServer({ maxConnectionAgeMs: 50 });
  const connection = await (await serveEcho(t, server)).connect({ ackPings: false });
  await connection.frame("GOAWAY");
  const stopped = promisify(server.tryShutdown.bind(server))();
  connection.send(callFrames(1, echo.path));
  await connection.frame("HEADERS", isTrailersOf(1));
  await answerPing(connection);
  await stopped;
  await connection.closed;
  assert.equal(connection.frames.filter(({ type }) => type === frameTypes.PING).length, 1);
});

test("sends SETTINGS before the GOAWAY on a connection that is closed immediately", async () => {
  const http2Server = createHttp2Server();
  http2Server.prependListener("session", (session) => {
    closeGracefully(session);
    session.close();
  });
  await using peer = await listen(http2Server);
  using connection = await connectRaw(peer.address);
  connection.send(preface);
  await connection.frame("GOAWAY");
  assert.equal(connection.frames[0]?.type, frameTypes.SETTINGS);
  await connection.closed;
});

test("reports the end of a session that is closed while it is destroyed", async () => {
  const http2Server = createHttp2Server();
  const closed = new Promise<void>((resolve) => {
    http2Server.prependListener("session", (session) => {
      closeGracefully(session);
      session.destroy();
      session.close(resolve);
    });
  });
  await using peer = await listen(http2Server);
  using connection = await connectRaw(peer.address);
  connection.send(preface);
  await closed;
});

test("announces the shutdown between frames when the socket is full", async (t) => {
  const count = 8;
  const big = Buffer.alloc(4 * 1024 * 1024, 1);
  const server = createServer();
  const { address, connect } = await serveEcho(t, server);
  const called = new Promise<void>((resolve) => {
    let calls = 0;
    const handler = (_: unknown, callback: (error: null, response: Buffer) => void) => {
      callback(null, big);
      if (++calls === count) {
        resolve();
      }
    };
    const identity = (bytes: Buffer) => bytes;
    server.register("/Test/Big", handler, identity, identity, "unary");
  });
  using connection = await connectReady(address);
  connection.socket.pause();
  connection.send(
    frame("SETTINGS", { payload: Buffer.concat([Buffer.of(0, 4), uint32(highestId)]) }),
    frame("WINDOW_UPDATE", { payload: uint32(highestId - 65_535) }),
    ...Array.from({ length: count }, (_, index) => callFrames(2 * index + 1, "/Test/Big")),
  );
  await called;
  // When the idle connection has closed, the server has also tried to announce on the other.
  const idle = await connect();
  server.tryShutdown(() => undefined);
  await idle.closed;
  connection.socket.resume();
  await connection.frame("GOAWAY", isAnnouncement);
  await connection.frame("GOAWAY", isFinal);
  await connection.closed;
  const data = connection.frames.filter(({ type }) => type === frameTypes.DATA);
  assert.equal(
    data.reduce((sum, { payload }) => sum + payload.length, 0),
    count * (big.length + 5),
  );
  assert.ok(connection.frames.every(({ type }) => type <= frameTypes.CONTINUATION));
});

test("sends the only GOAWAY over TLS during a call and answers that call", async () => {
  await using certificates = await createCertificates();
  const { ca, server: pair } = certificates;
  const server = createServer();
  addEcho(server);
  const keyPair = { cert_chain: Buffer.from(pair.cert), private_key: Buffer.from(pair.key) };
  const address = await bind(server, { credentials: ServerCredentials.createSsl(null, [keyPair]) });
  const session = connectHttp2(`https://${address.replace("127.0.0.1", "localhost")}`, { ca: ca.cert });
  await once(session, "remoteSettings");
  const stopped = promisify(server.tryShutdown.bind(server))();
  await new Promise(setImmediate);
  const call = session.request({
    ":method": "POST",
    ":path": echo.path,
    "content-type": "application/grpc",
    te: "trailers",
  });
  const goaway = once(session, "goaway");
  call.resume().end(message(Buffer.of()));
  const [trailers] = await once(call, "trailers");
  assert.equal(trailers["grpc-status"], "0");
  await goaway;
  await once(session, "close");
  await stopped;
});
