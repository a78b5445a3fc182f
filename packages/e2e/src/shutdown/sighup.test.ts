import assert from "node:assert/strict";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { HelloClient } from "@hello/client";
import { type Certificate, createCertificates } from "@hello/testing/certificates";
import { start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { waitForClose } from "@hello/testing/wait-for-close";
import { serverMain, startServerWith } from "../server-process.js";

const script = requires("script");
const noSignals = process.platform === "win32" && "Windows has no SIGHUP";

/** Preloaded code that disables the server's check of its certificates every ten seconds. */
const neverPoll = `
const { setInterval } = globalThis;
globalThis.setInterval = (callback, ms, ...rest) => setInterval(callback, ms === 10_000 ? 2 ** 31 - 1 : ms, ...rest);`;

for (const workers of ["1", "2"]) {
  const what = workers === "1" ? "the server" : "every worker";

  test(`reloads the certificates of ${what} on SIGHUP`, { skip: noSignals }, async (t) => {
    await using certificates = await createCertificates();
    const folder = await makeTemporaryFolder("sighup-");
    t.after(() => rm(folder, { recursive: true }));
    // The system does not report changes behind links to another folder.
    const paths = { cert: join(folder, "tls.crt"), key: join(folder, "tls.key") };
    const write = ({ cert, key }: Certificate) => Promise.all([writeFile(paths.cert, cert), writeFile(paths.key, key)]);
    await write(certificates.server);
    const links = join(folder, "links");
    await mkdir(links);
    await Promise.all([symlink(paths.cert, join(links, "tls.crt")), symlink(paths.key, join(links, "tls.key"))]);

    const env = { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(neverPoll)}` };
    const pair = ["--tls-cert", join(links, "tls.crt"), "--tls-key", join(links, "tls.key")];
    await using server = await startServerWith(env, "--workers", workers, ...pair);
    if (workers === "2") {
      await server.logged(({ msg }) => msg === "all workers are serving");
    }
    const renewals = () => server.log.filter(({ msg }) => msg === "serving a new certificate").length;
    // The check at the start may detect the first change, so that only the second proves the signal.
    for (const count of [1, 2]) {
      await write(await certificates.ca.issue(`renewal-${count}`, { hosts: ["localhost"] }));
      process.kill(server.pid, "SIGHUP");
      await server.logged(() => renewals() === count * Number(workers));
    }
    assert.equal(await server.stop(), 0);
  });
}

/** Runs a server in a terminal, and closes the terminal after a first call. */
async function closeTerminal(t: TestContext, line: (server: string, folder: string) => string) {
  const folder = await makeTemporaryFolder("sighup-");
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "server.sock");
  const server = `'${process.execPath}' '${serverMain}' --address 'unix:${path}' --handshake-timeout-ms 600000`;
  const terminal = start([script.program, "-qec", line(server, folder), "/dev/null"], {
    env: { SHELL: "/bin/sh", TERM: "xterm" },
  });
  t.after(() => terminal.kill("SIGKILL"));
  const client = new HelloClient(`unix:${path}`, { waitForReady: true, timeoutMs: 60_000 });
  t.after(() => client.close());
  assert.equal(await client.hello("World"), "Hello World");
  const connection = connect(path);
  await once(connection, "connect");
  terminal.kill("SIGKILL");
  await once(terminal, "exit");
  return { folder, path, client, connectionClosed: waitForClose(connection) };
}

test("shuts down gracefully when its terminal closes", { skip: script.skip || noSignals }, async (t) => {
  const { path, connectionClosed } = await closeTerminal(t, (server) => server);
  await connectionClosed;
  assert.equal(existsSync(path), false);
});

test("keeps serving under nohup when its terminal closes", { skip: script.skip || noSignals }, async (t) => {
  const { folder, client } = await closeTerminal(t, (server, folder) => {
    const log = join(folder, "server.log");
    return `nohup ${server} > '${log}' 2>&1`;
  });
  const log = join(folder, "server.log");
  const lines = async () => (await readFile(log, "utf8")).trimEnd().split("\n");
  while (!(await lines()).some((line) => line.includes('"signal":"SIGHUP"'))) {
    assert.equal(await client.hello("World"), "Hello World");
  }
  assert.equal(await client.hello("World"), "Hello World");
  const { pid } = JSON.parse((await lines()).find((line) => line.startsWith("{")) ?? "");
  process.kill(pid, "SIGTERM");
});
