import assert from "node:assert/strict";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { captureLog } from "@hello/testing/captured-log";
import { run } from "@hello/testing/program";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { waitForClose } from "@hello/testing/wait-for-close";
import { pino } from "pino";
import { type ListenOptions, listen } from "./listener.js";

let folder: string;
before(async () => {
  folder = await makeTemporaryFolder("listener-");
});
after(() => rm(folder, { recursive: true }));

const greet: ListenOptions = {
  maxConnections: 100,
  logger: pino({ level: "silent" }),
  onConnection: (socket) => socket.on("error", () => undefined).end("welcome"),
};

/** Listens until the returned object is disposed. */
async function listenOn(addresses: readonly string[], options: Partial<ListenOptions> = {}) {
  const { addresses: bound, close } = await listen(addresses, { ...greet, ...options });
  return { bound, [Symbol.dispose]: close };
}

function dial(address: string) {
  const [, path] = /^unix:(.*)/.exec(address) ?? [];
  if (path !== undefined) {
    return connect(path);
  }
  const { hostname, port } = new URL(`http://${address}`);
  return connect(Number(port), hostname.replaceAll(/[[\]]/g, ""));
}

async function greeting(address: string): Promise<string> {
  const [data] = await once(dial(address), "data");
  return String(data);
}

test("listens on several addresses, and returns the ports that the system chose", async () => {
  using listener = await listenOn(["127.0.0.1:0", `unix:${join(folder, "several.sock")}`]);
  const [tcp = "", unix = ""] = listener.bound;
  assert.match(tcp, /^127\.0\.0\.1:[1-9]\d*$/);
  assert.equal(unix, `unix:${join(folder, "several.sock")}`);
  assert.equal(await greeting(tcp), "welcome");
  assert.equal(await greeting(unix), "welcome");
});

test("accepts IPv4 connections on [::]", async () => {
  using listener = await listenOn(["[::]:0"]);
  const [address = ""] = listener.bound;
  assert.equal(await greeting(address.replace("[::]", "127.0.0.1").replace("0.0.0.0", "127.0.0.1")), "welcome");
});

test("binds all addresses of a host name to the same port", async () => {
  using listener = await listenOn(["localhost:0"]);
  const ports = new Set(listener.bound.map((address) => address.replace(/.*:/, "")));
  assert.equal(ports.size, 1);
  for (const address of listener.bound) {
    assert.equal(await greeting(address), "welcome");
  }
});

test("reports an address in use, and closes the addresses bound before it", async () => {
  using other = await listenOn(["127.0.0.1:0"]);
  const [taken = ""] = other.bound;
  const path = join(folder, "closed.sock");
  await assert.rejects(listenOn([`unix:${path}`, taken]), {
    message: `cannot listen on ${taken}: it is in use; stop the other process or choose another address`,
  });
  using again = await listenOn([`unix:${path}`]);
  assert.equal(again.bound.length, 1);
});

const mistakes: Record<string, RegExp> = {
  "192.0.2.1:0": /cannot listen on 192\.0\.2\.1:0: this machine has no such address/,
  "no-such-host.invalid:0": /cannot listen on no-such-host\.invalid:0: the host name does not resolve/,
  "unix:/no/such/folder/echo.sock": /: the folder \/no\/such\/folder does not exist$/,
  "unix:/": /: the file exists and is not a socket$/,
  ...(process.platform === "linux" && {
    "unix:/proc/echo.sock": /: permission denied: cannot create a socket in \/proc$/,
  }),
};
for (const [address, message] of Object.entries(mistakes)) {
  test(`reports why it cannot listen on ${address}`, async () => {
    await assert.rejects(listenOn([address]), message);
  });
}

test("replaces a socket file that a dead process left behind", async () => {
  const path = join(folder, "stale.sock");
  const program = `require("node:net").createServer().listen(${JSON.stringify(path)}, () => process.kill(process.pid, "SIGKILL"))`;
  await run([process.execPath, "-e", program]);
  using listener = await listenOn([`unix:${path}`]);
  assert.equal(await greeting(listener.bound[0] ?? ""), "welcome");
});

test("leaves a socket file alone while a process listens on it", async () => {
  const address = `unix:${join(folder, "in-use.sock")}`;
  using other = await listenOn([address]);
  await assert.rejects(listenOn([address]), /it is in use/);
  assert.equal(await greeting(other.bound[0] ?? ""), "welcome");
});

test("leaves a file alone that is not a socket", async () => {
  const path = join(folder, "precious.txt");
  await writeFile(path, "precious");
  await assert.rejects(listenOn([`unix:${path}`]), /: the file exists and is not a socket$/);
  assert.equal(await readFile(path, "utf8"), "precious");
});

test("rejects a path that is too long for a socket address", async () => {
  const path = join(folder, "x".repeat(107 - folder.length));
  await assert.rejects(listenOn([`unix:${path}`]), /the path must have at most 10\d bytes/);
});

test("closes and logs a connection beyond the limit", async () => {
  const log = captureLog();
  using listener = await listenOn(["127.0.0.1:0"], {
    maxConnections: 1,
    logger: pino({}, log),
    onConnection: (socket) => socket.on("error", () => undefined).write("welcome"),
  });
  const [address = ""] = listener.bound;
  const first = dial(address);
  await once(first, "data");
  const second = dial(address);
  await waitForClose(second);
  assert.equal((await log.line(({ level }) => level === 40))["maxConnections"], 1);
  first.destroy();
});
