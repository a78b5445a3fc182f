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

/** Starts a server on a Unix domain socket, whose address is known without reading its log. */
async function startWithoutReadingLog(t: TestContext, stdout: "pipe" | number, ...args: string[]) {
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
  const mode = workers === "1" ? "one process" : "workers";

  test(`keeps serving with ${mode} while the reader of its log stalls`, async (t) => {
    const { child, client } = await startWithoutReadingLog(t, "pipe", "--workers", workers, "--log-level", "debug");
    // Each call logs a line of about 150 bytes, and a pipe holds a few hundred lines.
    for (let count = 0; count < 50; count++) {
      await Promise.all(Array.from({ length: 40 }, () => client.hello("World")));
    }
    assert.equal(await client.checkHealth(), "SERVING");
    child.kill("SIGTERM");
    const [status] = await once(child, "exit");
    assert.equal(status, 0);
  });

  const full = process.platform !== "linux" && "it needs /dev/full";
  test(`keeps serving with ${mode} when the disk of its log is full`, { skip: full }, async (t) => {
    const device = openSync("/dev/full", "w");
    const { child, client, path, stderr } = await startWithoutReadingLog(t, device, "--workers", workers);
    closeSync(device);
    // Each of these connections is logged.
    for (let count = 0; count < 4; count++) {
      const socket = connect(path);
      socket.write("GET / HTTP/1.1\r\n\r\n");
      await waitForClose(socket);
    }
    assert.equal(await client.hello("World"), "Hello World");
    child.kill("SIGTERM");
    const [[status]] = await Promise.all([once(child, "exit"), stderr]);
    assert.equal(status, 0);
    const reports = (await stderr).match(/^hello-server: dropping log lines: ENOSPC/gm) ?? [];
    // One report of each process that has logged something.
    assert.ok(reports.length >= 1 && reports.length <= (workers === "1" ? 1 : 3), await stderr);
  });
}
