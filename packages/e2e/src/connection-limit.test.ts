import assert from "node:assert/strict";
import { rm } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { after, before, type TestContext, test } from "node:test";
import { HelloClient } from "@hello/client";
import type { LogLine } from "@hello/testing/captured-log";
import { createCertificates, type TestCertificates } from "@hello/testing/certificates";
import { start } from "@hello/testing/program";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { type ServerProcess, serverMain, serving, startServer } from "./server-process.js";

let certificates: TestCertificates;
let folder: string;
before(async () => {
  [certificates, folder] = await Promise.all([createCertificates(), makeTemporaryFolder("limit-")]);
});
after(async () => {
  await certificates[Symbol.asyncDispose]();
  await rm(folder, { recursive: true });
});

/** Option that lets a connection stay silent for the whole test. */
const noHandshakeTimeout = ["--handshake-timeout-ms", "600000"];

function openSocket(address: string): Socket {
  const { hostname, port } = new URL(address.startsWith("unix:") ? "http://unix" : `http://${address}`);
  return address.startsWith("unix:") ? connect(address.slice("unix:".length)) : connect(Number(port), hostname);
}

/** Opens `open` silent connections, and resolves when the server has closed `refused` of them. */
async function flood(t: TestContext, address: string, { open, refused }: { open: number; refused: number }) {
  let closed = 0;
  let done = () => {};
  const enough = new Promise<void>((resolve) => {
    done = resolve;
  });
  const sockets = Array.from({ length: open }, () => {
    const socket = openSocket(address);
    socket.on("error", () => {
      // The server may refuse a connection by a reset; "close" follows.
    });
    socket.on("close", () => {
      if (++closed === refused) {
        done();
      }
    });
    return socket.resume();
  });
  const end = () => sockets.forEach((socket) => void socket.destroy());
  t.after(end);
  await enough;
  return { end };
}

/** Calls Hello over a new connection, as soon as the server accepts it. */
async function greet({ address }: ServerProcess, tls = false): Promise<void> {
  const target = tls ? `localhost:${address.replace(/.*:/, "")}` : address;
  await using client = new HelloClient(target, {
    waitForReady: true,
    timeoutMs: 60_000,
    ...(tls && { tls: { ca: certificates.ca.cert } }),
  });
  assert.equal(await client.hello("World"), "Hello World");
}

const modes: Record<string, { args: () => string[]; limit: number; tls?: boolean }> = {
  "one process": { args: () => [], limit: 3 },
  workers: { args: () => ["--workers", "2"], limit: 6 },
  TLS: { args: () => tlsArguments(), limit: 3, tls: true },
  "workers with TLS": { args: () => [...tlsArguments(), "--workers", "2"], limit: 6, tls: true },
  "a Unix socket": { args: () => ["--address", `unix:${join(folder, "one.sock")}`], limit: 3 },
  "workers on a Unix socket": {
    args: () => ["--workers", "2", "--address", `unix:${join(folder, "two.sock")}`],
    limit: 6,
  },
  "two addresses": { args: () => ["--address", "127.0.0.1:0", "--address", "127.0.0.1:0"], limit: 3 },
};

function tlsArguments(): string[] {
  const { certFile, keyFile } = certificates.server;
  return ["--tls-cert", certFile, "--tls-key", keyFile];
}

for (const [mode, { args, limit, tls }] of Object.entries(modes)) {
  test(`enforces --max-connections with ${mode}`, async (t) => {
    await using server = await startServer("--max-connections", "3", ...noHandshakeTimeout, ...args());
    const { end } = await flood(t, server.address, { open: limit + 4, refused: 4 });
    const refusal = await server.logged(({ msg }) => msg === "connection refused: maxConnections is reached");
    assert.equal(refusal["maxConnections"], 3);
    end();
    await greet(server, tls);
    assert.equal(await server.stop(), 0);
  });
}

const linuxOnly = { skip: process.platform !== "linux" && "it reads /proc" };

/** Starts a server with a limit of 200 open files. */
function startLimited(env: Readonly<Record<string, string>>, ...args: string[]): Promise<ServerProcess> {
  const command = ["sh", "-c", 'ulimit -n 200; exec "$@"', "sh", process.execPath, serverMain] as const;
  return serving(start([...command, "--address", "127.0.0.1:0", ...noHandshakeTimeout, ...args], { env }));
}

for (const workers of ["1", "2"]) {
  const mode = workers === "1" ? "one process" : "workers";
  test(`recovers with ${mode} from a flood that uses up the file descriptors`, linuxOnly, async (t) => {
    await using server = await startLimited({}, "--workers", workers);
    const warning = await server.logged(({ msg }) => /limit on open files/.test(msg));
    assert.deepEqual([warning.level, warning["maxOpenFiles"], warning["maxConnections"]], [40, 200, 20_000]);
    const { end } = await flood(t, server.address, { open: 800, refused: 400 });
    await server.logged(({ msg }) => msg === "connection refused: file descriptors are running out");
    end();
    for (let call = 0; call < 6; call++) {
      await greet(server);
    }
    assert.equal(server.stderr, "");
    assert.equal(await server.stop(), 0);
  });
}

test("replaces a worker whose handlers have used up its file descriptors", linuxOnly, async () => {
  const exhaust = `
    import { openSync } from "node:fs";
    process.on("SIGUSR2", () => { try { for (;;) openSync("/dev/null"); } catch { console.log('{"msg":"exhausted"}'); } });
  `;
  const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(exhaust)}` };
  await using server = await startLimited(env, "--workers", "2");
  await server.logged(({ msg }) => msg === "all workers are serving");
  const worker = server.log.find(({ msg }) => msg === "serving")?.["pid"] as number;
  process.kill(worker, "SIGUSR2");
  await server.logged(({ msg }) => msg === "exhausted");
  let endLine: LogLine | undefined;
  const ended = server
    .logged(({ msg }) => msg === "worker exited; replacing it")
    .then((line) => {
      endLine = line;
    });
  // The primary distributes connections round-robin; the worker ends when it cannot receive one.
  while (endLine === undefined) {
    const socket = openSocket(server.address).on("error", () => {});
    await new Promise((resolve) => socket.on("connect", resolve).on("close", resolve));
    socket.destroy();
  }
  await ended;
  assert.equal(endLine["workerPid"], worker);
  assert.equal(endLine["reason"], "a connection was lost because no file descriptor was free");
  assert.equal(endLine["code"], 0);
  for (let call = 0; call < 6; call++) {
    await greet(server);
  }
  assert.equal(await server.stop(), 0);
});
