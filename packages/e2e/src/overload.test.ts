import assert from "node:assert/strict";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { Client, credentials } from "@grpc/grpc-js";
import { HelloClient } from "@hello/client";
import { HelloRequest, HelloService } from "@hello/proto";
import { start } from "@hello/testing/program";
import {
  ack,
  callHeaders,
  connectRaw,
  endHeaders,
  endStream,
  frame,
  message,
  preface,
  type RawConnection,
  uint32,
} from "@hello/testing/raw-http2";
import { hostileBytes } from "./hostile-bytes.js";
import { startServer } from "./server-process.js";

const isLinux = process.platform === "linux";

/** The memory of a process in KiB, where the system tells. */
function residentKiB(pid: number): number {
  return isLinux ? Number(/^VmRSS:\s*(\d+)/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1]) : 0;
}

/** How many files a process may open on this machine. */
function openFilesLimit(): number {
  return isLinux
    ? Number(/^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync("/proc/self/limits", "utf8"))?.[1])
    : 4_096;
}

/** Opens connections that are set up and then idle, some at a time. */
async function openIdle(address: string, count: number): Promise<RawConnection[]> {
  const connections: RawConnection[] = [];
  while (connections.length < count) {
    const batch = Array.from({ length: Math.min(250, count - connections.length) }, async () => {
      const connection = await connectRaw(address, { lifetimeMs: 120_000 });
      connection.send(preface);
      await connection.frame("SETTINGS", ({ flags }) => flags === ack);
      return connection;
    });
    connections.push(...(await Promise.all(batch)));
  }
  return connections;
}

/** The median times of the calls of each client, in milliseconds, one after the other: what is slow is so for all. */
async function medianMs(...clients: readonly HelloClient[]): Promise<number[]> {
  const calls = 200;
  const times = clients.map((): number[] => []);
  for (let call = 0; call < calls; call++) {
    for (const [index, client] of clients.entries()) {
      const begun = performance.now();
      await client.hello("Ada");
      times[index]?.push(performance.now() - begun);
    }
  }
  return times.map((all) => all.sort((a, b) => a - b)[calls >> 1] ?? Number.NaN);
}

const connections = isLinux ? 10_000 : 1_000;
const tooFewFiles =
  openFilesLimit() < connections + 500 && `${connections} connections need more files: ulimit -Hn ${connections + 500}`;

test(`with ${connections} idle connections, calls are about as fast as without`, { skip: tooFewFiles }, async (t) => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  await using quietServer = await startServer();
  await using quietClient = new HelloClient(quietServer.address);
  await medianMs(client, quietClient);
  const memory = residentKiB(server.pid);
  const idle = await openIdle(server.address, connections);
  const grown = residentKiB(server.pid) - memory;
  const [under = 0, alone = 0] = await medianMs(client, quietClient);
  t.diagnostic(`median ${alone.toFixed(2)} ms alone, ${under.toFixed(2)} ms with them`);
  t.diagnostic(`${(grown / connections).toFixed(1)} KiB of the server's memory for each`);
  for (const connection of idle) {
    assert.equal(connection.isClosed, false);
    connection[Symbol.dispose]();
  }
  assert.ok(under < 3 * alone + 1, `${under} ms, and ${alone} ms without`);
  assert.ok(grown / connections < 60, `${grown} KiB for ${connections}`);
});

test("connections beyond the limit are closed, one line says so, and a peer that is dead makes room", async (t) => {
  await using server = await startServer(
    ...["--max-connections", "5", "--keepalive-time-ms", "300", "--keepalive-timeout-ms", "300"],
  );
  const others = await openIdle(server.address, 4);
  const dead = start([
    process.execPath,
    "--eval",
    'require("node:http2").connect(process.argv[1]).on("remoteSettings", () => console.log("connected"))',
    `http://${server.address}`,
  ]);
  t.after(() => {
    dead.kill("SIGKILL");
    for (const connection of others) {
      connection[Symbol.dispose]();
    }
  });
  await once(dead.stdout, "data");
  for (let excess = 0; excess < 20; excess++) {
    using connection = await connectRaw(server.address);
    connection.send(preface);
    await connection.closed;
    assert.deepEqual(connection.frames, []);
  }
  const drops = server.log.filter(({ msg }) => msg.startsWith("connection refused"));
  assert.equal(drops.length, 1);
  assert.equal(drops[0]?.["maxConnections"], 5);

  dead.kill("SIGSTOP");
  await using client = new HelloClient(server.address);
  assert.equal(await client.hello("Ada", { waitForReady: true, timeoutMs: 20_000 }), "Hello Ada");
  assert.ok(others.every(({ isClosed }) => !isClosed));
});

test("no call fails as connections grow too old under load", async (t) => {
  await using server = await startServer("--max-connection-age-ms", "500", "--log-level", "debug");
  await using ours = new HelloClient(server.address);
  using plain = Object.assign(new Client(server.address, credentials.createInsecure()), {
    [Symbol.dispose]: () => plain.close(),
  });
  const { hello } = HelloService;
  const greet = () =>
    new Promise<string>((resolve, reject) =>
      plain.makeUnaryRequest(
        hello.path,
        hello.requestSerialize,
        hello.responseDeserialize,
        new HelloRequest().setValue("Ada"),
        { deadline: Date.now() + 20_000 },
        (error, response) => (error ? reject(error) : resolve(response?.getValue() ?? "")),
      ),
    );
  let calls = 0;
  const end = performance.now() + 4_000;
  const caller = async (call: () => Promise<string>) => {
    while (performance.now() < end) {
      assert.equal(await call(), "Hello Ada");
      calls++;
    }
  };
  await Promise.all(Array.from({ length: 8 }, () => [caller(() => ours.hello("Ada")), caller(greet)]).flat());
  const peers = new Set(server.log.map(({ peer }) => peer));
  t.diagnostic(`${calls} calls over ${peers.size} connections`);
  assert.ok(peers.size > 8, `${peers.size} connections`);
});

test("a client that compresses nothing many times over takes little memory and no time of others", async (t) => {
  await using server = await startServer();
  await using client = new HelloClient(server.address);
  await medianMs(client);
  const memory = residentKiB(server.pid);
  using connection = await connectRaw(server.address);
  const nothing = Buffer.concat(Array.from({ length: 3_200 }, () => message(Buffer.of(), { compressed: true })));
  connection.send(
    preface,
    ...[1, 3, 5].flatMap((streamId) => [
      frame("HEADERS", {
        flags: endHeaders,
        streamId,
        payload: callHeaders("/grpc.reflection.v1.ServerReflection/ServerReflectionInfo", { "grpc-encoding": "gzip" }),
      }),
      frame("DATA", { streamId, payload: nothing }),
    ]),
  );
  await connection.frame("HEADERS", ({ streamId }) => streamId === 5);
  assert.equal(await client.hello("Ada"), "Hello Ada");
  const grown = residentKiB(server.pid) - memory;
  t.diagnostic(`${grown} KiB more`);
  assert.ok(grown < 60_000, `${grown} KiB`);
});

const deadly = {
  "goes away with an error": frame("GOAWAY", { payload: uint32(0, 1) }),
  "answers a ping that was none": frame("PING", { flags: ack, payload: Buffer.alloc(8) }),
};

for (const [what, goodbye] of Object.entries(deadly)) {
  // Node 22 aborts, if it is let.
  test(`a client that ${what} and then asks in the same breath does not end the process`, async () => {
    await using server = await startServer();
    using connection = await connectRaw(server.address);
    connection.send(
      preface,
      goodbye,
      frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders("/Hello/Hello") }),
      frame("DATA", { flags: endStream, streamId: 1, payload: message(Buffer.of()) }),
    );
    await connection.closed;
    await using client = new HelloClient(server.address);
    assert.equal(await client.hello("Ada"), "Hello Ada");
  });
}

test("a client that goes away and then asks in the same breath is answered", async () => {
  // Node would free the stream while it is read, and now and then crash.
  await using server = await startServer();
  using connection = await connectRaw(server.address);
  connection.send(
    preface,
    frame("GOAWAY", { payload: uint32(0, 0) }),
    frame("HEADERS", { flags: endHeaders, streamId: 1, payload: callHeaders("/Hello/Hello") }),
    frame("DATA", { flags: endStream, streamId: 1, payload: message(Buffer.of()) }),
  );
  const trailers = await connection.frame("HEADERS", ({ flags }) => (flags & endStream) !== 0);
  assert.equal(trailers.streamId, 1);
  await connection.closed;
});

test("whatever bytes clients send, the server goes on, and its log stays calm", async (t) => {
  await using server = await startServer(
    // Node 20 keeps some connections after an error, which a shutdown then waits for.
    ...["--handshake-timeout-ms", "1000", "--shutdown-grace-ms", "1000"],
  );
  await using client = new HelloClient(server.address);
  const end = performance.now() + 5_000;
  let seed = Number(process.env["HELLO_TEST_SEED"] ?? Date.now() % 1_000_000);
  t.diagnostic(`HELLO_TEST_SEED=${seed}`);
  let clients = 0;
  const hostile = async () => {
    while (performance.now() < end) {
      clients++;
      const bytes = hostileBytes(seed++);
      using connection = await connectRaw(server.address);
      const cut = seed % 3 ? bytes.length : 1 + (seed % bytes.length);
      connection.send(bytes.subarray(0, cut));
      await new Promise(setImmediate);
      connection.send(bytes.subarray(cut));
      await Promise.race([connection.closed, client.hello("Ada")]);
    }
  };
  await Promise.all(Array.from({ length: 8 }, hostile));
  assert.equal(await client.hello("Ada"), "Hello Ada");
  t.diagnostic(`${clients} clients`);
  const { log } = server;
  assert.equal(await server.stop(), 0);
  assert.deepEqual(
    log.filter(({ level }) => level > 40),
    [],
  );
  assert.ok(log.length < 20, `${log.length} lines`);
});
