import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { type TestContext, test } from "node:test";
import {
  Client,
  type ClientOptions,
  credentials,
  Metadata,
  type Server,
  ServerCredentials,
  type ServerUnaryCall,
  type ServiceError,
  status,
} from "@grpc/grpc-js";
import {
  ack,
  callHeaders,
  connectRaw,
  endHeaders,
  endStream,
  type Frame,
  frame,
  frameTypes,
  headerBlock,
  message,
  preface,
  type RawConnection,
  uint32,
} from "@hello/testing/raw-http2";
import { createServer, defaultLimits, type Limits } from "./limits.js";

const same = (bytes: Buffer) => bytes;
const echo = "/Test/Echo";
const wait = "/Test/Wait";

/** A server with a method that answers with its request, and one that answers when the test says so. */
async function serve(t: TestContext, limits: Partial<Limits> = {}) {
  const server = createServer({ ...defaultLimits, ...limits });
  type Callback = (error: null, answer: Buffer) => void;
  server.register(
    echo,
    ({ request }: ServerUnaryCall<Buffer, Buffer>, callback: Callback) => callback(null, request),
    same,
    same,
    "unary",
  );
  const waiting = new EventEmitter();
  let active = 0;
  let peak = 0;
  server.register(
    wait,
    async ({ request }: ServerUnaryCall<Buffer, Buffer>, callback: Callback) => {
      peak = Math.max(peak, ++active);
      waiting.emit("call");
      await once(waiting, "answer");
      active--;
      callback(null, request);
    },
    same,
    same,
    "unary",
  );
  waiting.setMaxListeners(0);
  const address = await bind(server);
  const clients: Client[] = [];
  t.after(() => {
    for (const client of clients) {
      client.close();
    }
    server.forceShutdown();
  });
  return {
    address,
    /** Resolves when that many more calls to wait have begun. */
    waitingCalls(count = 1) {
      let begun = 0;
      return new Promise<void>((resolve) => {
        waiting.on("call", function onCall() {
          if (++begun === count) {
            waiting.off("call", onCall);
            resolve();
          }
        });
      });
    },
    answer: () => waiting.emit("answer"),
    /** How many calls have waited at the same time. */
    peak: () => peak,
    /** A connection of its own that has been set up, with the client's side of the handshake done. */
    async connect(options?: Parameters<typeof connectRaw>[1]) {
      const connection = await connectRaw(address, options);
      t.after(() => connection[Symbol.dispose]());
      connection.send(preface);
      await connection.frame("SETTINGS");
      await connection.frame("SETTINGS", ({ flags }) => flags === ack);
      return connection;
    },
    /** A gRPC client with a connection of its own. */
    client(options: ClientOptions = {}) {
      const client = new Client(address, credentials.createInsecure(), {
        "grpc.use_local_subchannel_pool": 1,
        "grpc.max_send_message_length": -1,
        ...options,
      });
      clients.push(client);
      return (path: string, request = Buffer.from("a"), metadata = new Metadata()) =>
        new Promise<Buffer>((resolve, reject) =>
          client.makeUnaryRequest(
            path,
            same,
            same,
            request,
            metadata,
            { deadline: Date.now() + 30_000 },
            (error, answer) => (error ? reject(error) : resolve(answer ?? Buffer.of())),
          ),
        );
    },
  };
}

function bind(server: Server): Promise<string> {
  return new Promise((resolve, reject) =>
    server.bindAsync("127.0.0.1:0", ServerCredentials.createInsecure(), (error, port) =>
      error ? reject(error) : resolve(`127.0.0.1:${port}`),
    ),
  );
}

const call = (streamId: number, { path = echo, body = message(Buffer.from("a")) } = {}) =>
  Buffer.concat([
    frame("HEADERS", { flags: endHeaders, streamId, payload: callHeaders(path) }),
    frame("DATA", { flags: endStream, streamId, payload: body }),
  ]);

const endOf = (streamId: number) => (frame: Frame) =>
  frame.streamId === streamId && (frame.flags & endStream) !== 0 && frame.type === frameTypes.HEADERS;

const metadataOf = (bytes: number) => {
  const metadata = new Metadata();
  metadata.set("filler", "x".repeat(bytes));
  return metadata;
};

const goawayCode = ({ payload }: Frame) => payload.readUInt32BE(4);

/** Resolves when a connection has been pinged that often. */
const pinged = (connection: RawConnection, times: number) =>
  connection.frame("PING", () => connection.frames.filter(({ type }) => type === frameTypes.PING).length >= times);

test("a message of the largest size is read, and one byte more is RESOURCE_EXHAUSTED", async (t) => {
  const ask = (await serve(t, { maxReceiveMessageBytes: 10_000 })).client();
  assert.equal((await ask(echo, Buffer.alloc(10_000))).length, 10_000);
  await assert.rejects(ask(echo, Buffer.alloc(10_001)), { code: status.RESOURCE_EXHAUSTED });
  assert.equal((await ask(echo)).length, 1);
});

test("a message without end is refused at its length, and the connection goes on", async (t) => {
  const server = await serve(t, { maxReceiveMessageBytes: 10_000 });
  const connection = await server.connect();
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(echo) }),
    frame("DATA", { streamId: 1, payload: Buffer.of(0, 0, 0, 0x27, 0x11) }),
  );
  await connection.frame("HEADERS", endOf(1));
  connection.send(call(3));
  await connection.frame("HEADERS", endOf(3));
});

test("a message that never arrives in full lasts as long as its connection, and holds up nobody", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 300, maxConnectionAgeGraceMs: 100 });
  const connection = await server.connect();
  const begun = performance.now();
  connection.send(
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders(echo) }),
    frame("DATA", { streamId: 1, payload: Buffer.of(0, 0, 0, 0x10, 0) }),
  );
  const trickle = setInterval(() => connection.send(frame("DATA", { streamId: 1, payload: Buffer.of(0) })), 10);
  t.after(() => clearInterval(trickle));
  assert.equal((await server.client()(echo)).length, 1);
  await connection.closed;
  assert.ok(performance.now() - begun > 300);
});

test("a call with 10 KiB of metadata is served, one with 17 KiB is refused, and the connection goes on", async (t) => {
  const ask = (await serve(t)).client();
  assert.equal((await ask(echo, Buffer.of(1), metadataOf(10 * 1024))).length, 1);
  await assert.rejects(ask(echo, Buffer.of(1), metadataOf(17 * 1024)), { code: status.RESOURCE_EXHAUSTED });
  assert.equal((await ask(echo)).length, 1);
});

test("the limit of headers is an option", async (t) => {
  const ask = (await serve(t, { maxHeaderBytes: 32 * 1024 })).client();
  assert.equal((await ask(echo, Buffer.of(1), metadataOf(30 * 1024))).length, 1);
  await assert.rejects(ask(echo, Buffer.of(1), metadataOf(33 * 1024)), { code: status.RESOURCE_EXHAUSTED });
});

test("a header block without end costs its client the connection", async (t) => {
  const server = await serve(t);
  const connection = await server.connect();
  connection.send(frame("HEADERS", { streamId: 1, payload: callHeaders(echo) }));
  const more = frame("CONTINUATION", { streamId: 1, payload: headerBlock({ more: "x" }) });
  for (let sent = 0; sent < 10_000 && !connection.isClosed; sent += 100) {
    connection.send(...Array.from({ length: 100 }, () => more));
    await new Promise(setImmediate);
  }
  await connection.closed;
  assert.equal((await server.client()(echo)).length, 1);
});

test("calls beyond the streams of a connection wait at the client, and all are answered", async (t) => {
  const server = await serve(t, { maxConcurrentStreams: 2 });
  const ask = server.client();
  const rounds = [1, 2, 3];
  const answers = rounds.flatMap(() => [ask(wait), ask(wait)]);
  for (const _ of rounds) {
    await server.waitingCalls(2);
    // By now a third would have come.
    await server.client()(echo);
    assert.equal(server.peak(), 2);
    server.answer();
  }
  assert.equal((await Promise.all(answers)).length, 6);
});

test("a client that opens more streams than it may loses its connection", async (t) => {
  const server = await serve(t, { maxConcurrentStreams: 2 });
  const connection = await server.connect();
  connection.send(
    ...[1, 3, 5].map((id) => frame("HEADERS", { flags: endHeaders, streamId: id, payload: callHeaders(echo) })),
  );
  assert.notEqual(goawayCode(await connection.frame("GOAWAY")), 0);
  await connection.closed;
});

test("a client that opens and resets streams as fast as it can is cut off, and others are served", async (t) => {
  const server = await serve(t, { keepaliveTimeMs: 500, keepaliveTimeoutMs: 500 });
  const ask = server.client();
  await ask(echo);
  const connection = await server.connect();
  const headers = callHeaders(echo);
  let streamId = 1;
  while (streamId < 100_000 && !connection.frames.some(({ type }) => type === frameTypes.GOAWAY)) {
    for (let burst = 0; burst < 50; burst++, streamId += 2) {
      connection.send(
        frame("HEADERS", { flags: endHeaders, streamId, payload: headers }),
        frame("RST_STREAM", { streamId, payload: uint32(8) }),
      );
    }
    assert.equal((await ask(echo)).length, 1);
  }
  const { payload } = await connection.frame("GOAWAY");
  assert.notEqual(payload.readUInt32BE(4), 0);
  assert.ok(payload.readUInt32BE(0) < 10_000, `stream ${payload.readUInt32BE(0)} was the last`);
  await connection.closed;
});

for (const [what, flood] of Object.entries({
  PING: frame("PING", { payload: Buffer.alloc(8) }),
  SETTINGS: frame("SETTINGS"),
})) {
  test(`a client that floods with ${what} and reads nothing is cut off`, async (t) => {
    const server = await serve(t);
    const connection = await server.connect();
    connection.socket.pause();
    const burst = Buffer.concat(Array.from({ length: 10_000 }, () => flood));
    for (let sent = 0; sent < 500 && !connection.isClosed; sent++) {
      if (!connection.socket.write(burst)) {
        await Promise.race([once(connection.socket, "drain").catch(() => undefined), connection.closed]);
      }
    }
    connection.socket.resume();
    await connection.closed;
    assert.equal((await server.client()(echo)).length, 1);
  });
}

test("a client that does not confirm the SETTINGS is cut off", async (t) => {
  const { address } = await serve(t, { handshakeTimeoutMs: 200 });
  using connection = await connectRaw(address, { confirmSettings: false });
  const begun = performance.now();
  connection.send(preface);
  const settingsTimeout = 4;
  assert.equal(goawayCode(await connection.frame("GOAWAY")), settingsTimeout);
  await connection.closed;
  assert.ok(performance.now() - begun > 190);
});

test("a client that has confirmed the SETTINGS has time", async (t) => {
  const server = await serve(t, { handshakeTimeoutMs: 100, maxConnectionIdleMs: 500 });
  const connection = await server.connect();
  // The end of the idle time, not of the handshake's.
  assert.equal(goawayCode(await connection.frame("GOAWAY")), 0);
});

test("a client that does not answer pings is cut off after the keepalive time and its timeout", async (t) => {
  const server = await serve(t, { keepaliveTimeMs: 200, keepaliveTimeoutMs: 100 });
  const begun = performance.now();
  const connection = await server.connect({ answerPings: false });
  await connection.closed;
  const ms = performance.now() - begun;
  assert.ok(ms > 290 && ms < 10_000, `${ms} ms`);
  assert.equal(connection.frames.filter(({ type }) => type === frameTypes.PING).length, 1);
});

test("a client that answers pings stays", async (t) => {
  const server = await serve(t, { keepaliveTimeMs: 20, keepaliveTimeoutMs: 10_000 });
  const connection = await server.connect();
  await pinged(connection, 10);
  assert.equal(connection.isClosed, false);
});

test("a connection without a call is closed after the idle time, and one with a call is not", async (t) => {
  const server = await serve(t, { maxConnectionIdleMs: 200 });
  const idle = await server.connect();
  const busy = await server.connect();
  const begun = server.waitingCalls();
  busy.send(call(1, { path: wait }));
  await begun;
  assert.equal(goawayCode(await idle.frame("GOAWAY")), 0);
  await idle.closed;
  assert.equal(busy.isClosed, false);
  server.answer();
  await busy.frame("HEADERS", endOf(1));
  await busy.closed;
});

test("a connection that is too old takes no more calls, and those on it go on", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 200, keepaliveTimeMs: 30 });
  const connection = await server.connect();
  const begun = server.waitingCalls();
  connection.send(call(1, { path: wait }));
  await begun;
  assert.equal(goawayCode(await connection.frame("GOAWAY")), 0);
  // By then this one would have been pinged too, which a connection that is closing cannot be.
  const other = await (await serve(t, { keepaliveTimeMs: 30 })).connect();
  await pinged(other, 5);
  assert.equal(connection.isClosed, false);
  server.answer();
  await connection.frame("HEADERS", endOf(1));
  await connection.closed;
});

test("the calls on a connection that is too old end with the grace time", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 100, maxConnectionAgeGraceMs: 200 });
  const ask = server.client({ "grpc.enable_retries": 0 });
  const begun = performance.now();
  await assert.rejects(
    ask(wait),
    (error: ServiceError) => error.code === status.UNAVAILABLE || error.code === status.CANCELLED,
  );
  const ms = performance.now() - begun;
  assert.ok(ms > 280, `${ms} ms`);
});

test("connections of one age end at different times, a tenth around it", async (t) => {
  const server = await serve(t, { maxConnectionAgeMs: 1_000 });
  const ages = await Promise.all(
    Array.from({ length: 20 }, async () => {
      const begun = performance.now();
      const connection = await server.connect();
      await connection.frame("GOAWAY");
      return performance.now() - begun;
    }),
  );
  assert.ok(Math.min(...ages) > 890, `${Math.min(...ages)} ms`);
  assert.ok(Math.max(...ages) - Math.min(...ages) > 50, ages.join());
});

test("every limit is a finite number", () => {
  for (const [name, value] of Object.entries(defaultLimits)) {
    assert.ok(Number.isSafeInteger(value) && value > 0, name);
  }
});
