import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { rm } from "node:fs/promises";
import { connect } from "node:net";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { HelloClient } from "@hello/client";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { waitForClose } from "@hello/testing/wait-for-close";
import { serverMain } from "./server-process.js";

/** Server whose log nobody reads, so that its address is known before. */
async function startUnread(t: TestContext, stdout: "pipe" | number, ...args: string[]) {
  const folder = await makeTemporaryFolder("server-log-");
  t.after(() => rm(folder, { recursive: true }));
  const path = join(folder, "server.sock");
  const child = spawn(process.execPath, [serverMain, "--address", `unix:${path}`, ...args], {
    stdio: ["ignore", stdout, "pipe"],
  });
  t.after(() => child.kill("SIGKILL"));
  const client = new HelloClient(`unix:${path}`, { waitForReady: true, timeoutMs: 60_000 });
  t.after(() => client.close());
  assert.equal(await client.hello("World"), "Hello World");
  return { child, path, client, stderr: child.stderr ? text(child.stderr) : "" };
}

for (const workers of ["1", "2"]) {
  const what = workers === "1" ? "a server" : "a server with workers";

  test(`${what} goes on while a reader of its log stalls`, async (t) => {
    const { child, client } = await startUnread(t, "pipe", "--workers", workers, "--log-level", "debug");
    // Each is a line of about 150 bytes; a pipe holds some hundreds of them.
    for (let count = 0; count < 50; count++) {
      await Promise.all(Array.from({ length: 40 }, () => client.hello("World")));
    }
    assert.equal(await client.checkHealth(), "SERVING");
    child.kill("SIGTERM");
    const [status] = await once(child, "exit");
    assert.equal(status, 0);
  });

  const full = process.platform !== "linux" && "it needs /dev/full";
  test(`${what} goes on when its log is on a full disk`, { skip: full }, async (t) => {
    const device = openSync("/dev/full", "w");
    const { child, client, path, stderr } = await startUnread(t, device, "--workers", workers);
    closeSync(device);
    for (let stranger = 0; stranger < 4; stranger++) {
      const socket = connect(path);
      socket.write("GET / HTTP/1.1\r\n\r\n");
      await waitForClose(socket);
    }
    assert.equal(await client.hello("World"), "Hello World");
    child.kill("SIGTERM");
    const [[status]] = await Promise.all([once(child, "exit"), stderr]);
    assert.equal(status, 0);
    const reports = (await stderr).match(/^hello-server: dropping log lines: ENOSPC/gm) ?? [];
    // One of each process that has got so far.
    assert.ok(reports.length >= 1 && reports.length <= (workers === "1" ? 1 : 3), await stderr);
  });
}
