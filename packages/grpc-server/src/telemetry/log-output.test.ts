import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import type { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type TestContext, test } from "node:test";
import { fileURLToPath } from "node:url";
import { listen } from "@hello/testing/peer";
import { start } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";

const script = requires("script");

/** Function that logs lines of 4,000 bytes, reports on standard error that it is done, and exits when its input ends. */
const log = `
async function log() {
  const { createLogger } = require(${JSON.stringify(fileURLToPath(new URL("logger.ts", import.meta.url)))});
  const logger = await createLogger("info", "program");
  for (let line = 0; line < Number(process.argv[1]); line++) {
    logger.info({ line, text: "x".repeat(3_900) }, "line");
  }
  process.stderr.write("logged\\n");
  process.stdin.on("end", () => logger.flush(() => process.exit(0))).resume();
}
`;
const command = (lines: number, program = "log();") =>
  [process.execPath, "--require=tsx/cjs", "-e", log + program, `${lines}`] as const;

/** Starts the program without reading its log, and waits until it has logged everything. */
async function startLogging(t: TestContext, lines: number) {
  const child = start(command(lines));
  t.after(() => child.kill("SIGKILL"));
  const { waitFor, stderr } = captureErrors(child.stderr);
  await waitFor("logged\n");
  return { child, ended: once(child, "close"), waitFor, stderr };
}

/** Collects the standard error of a program. */
function captureErrors(stream: Readable) {
  let stderr = "";
  const chunks = stream.setEncoding("utf8").on("data", (chunk: string) => {
    stderr += chunk;
  });
  const ended = once(chunks, "end");
  return {
    stderr: () => stderr,
    async waitFor(text: string): Promise<void> {
      while (!stderr.includes(text)) {
        const [chunk] = await Promise.race([once(chunks, "data"), ended]);
        assert.ok(chunk !== undefined, `the program has ended: ${stderr}`);
      }
    },
  };
}

test("writes every line once a stalled reader resumes", async (t) => {
  const { child, ended, stderr } = await startLogging(t, 200);
  let lines = 0;
  createInterface(child.stdout).on("line", (line) => {
    assert.equal(JSON.parse(line).line, lines++);
    if (lines === 200) {
      child.stdin.end();
    }
  });
  assert.equal((await ended)[0], 0);
  assert.equal(lines, 200);
  assert.equal(stderr(), "logged\n");
});

test("drops lines beyond the limit of the queue, and logs their number once the reader resumes", async (t) => {
  const { child, ended, stderr } = await startLogging(t, 1_000);
  let lines = 0;
  let dropped: unknown;
  createInterface(child.stdout).on("line", (text) => {
    const line = JSON.parse(text);
    if (line.msg === "line") {
      lines++;
    } else {
      ({ dropped } = line);
      child.stdin.end();
    }
  });
  assert.equal((await ended)[0], 0);
  assert.ok(lines > 200, `${lines}`);
  assert.equal(dropped, 1_000 - lines);
  assert.equal(stderr(), "program: dropping log lines: standard output is blocked\nlogged\n");
});

test("exits while the reader is stalled, and reports the number of dropped lines", async (t) => {
  const { child, ended, waitFor, stderr } = await startLogging(t, 1_000);
  child.stdin.end();
  await waitFor("were dropped\n");
  const written = (await text(child.stdout)).split("\n").length - 1;
  assert.equal((await ended)[0], 0);
  assert.match(stderr(), new RegExp(`^program: ${1_000 - written} log lines were dropped$`, "m"));
});

test("continues after the reader has closed the pipe", async (t) => {
  const child = start(command(3));
  t.after(() => child.kill("SIGKILL"));
  child.stdout.destroy();
  child.stdin.end();
  const [stderr, [status]] = await Promise.all([text(child.stderr), once(child, "close")]);
  assert.equal(status, 0);
  assert.match(stderr, /^logged\nprogram: dropping log lines: .*EPIPE\nprogram: 3 log lines were dropped\n$/);
});

test("does not mix the lines of processes that share a pipe", async (t) => {
  // A shell replaces the standard input of background processes by /dev/null, but not file descriptor 3.
  const shared = start(["sh", "-c", 'exec 3<&0; "$@" <&3 & "$@" <&3 & wait', "sh", ...command(100)]);
  t.after(() => shared.kill("SIGKILL"));
  await captureErrors(shared.stderr).waitFor("logged\nlogged\n");
  shared.stdin.end();
  const [stdout] = await Promise.all([text(shared.stdout), once(shared, "close")]);
  const lines = stdout.trimEnd().split("\n");
  assert.equal(lines.length, 200);
  assert.ok(lines.every((line) => JSON.parse(line).msg === "line"));
});

const full = process.platform !== "linux" && "it needs /dev/full";
for (const stderrIsFull of [false, true]) {
  const what = stderrIsFull ? "standard output and standard error are" : "standard output is";
  test(`continues when ${what} on a full disk`, { skip: full }, async () => {
    const device = openSync("/dev/full", "w");
    const [node, ...args] = command(3);
    const child = spawn(node, args, { stdio: ["ignore", device, stderrIsFull ? device : "pipe"] });
    closeSync(device);
    const [stderr, [status]] = await Promise.all([child.stderr && text(child.stderr), once(child, "close")]);
    assert.equal(status, 0);
    if (!stderrIsFull) {
      assert.match(
        stderr ?? "",
        /^program: dropping log lines: ENOSPC: .*\nlogged\nprogram: 3 log lines were dropped\n$/,
      );
    }
  });
}

test("continues while a terminal is paused", { skip: script.skip }, async (t) => {
  const server = createServer();
  await using peer = await listen(server);
  // The program communicates with the test through a socket, because all of its standard streams are the terminal.
  const paused = `
const socket = require("node:net").connect(${peer.port}, "127.0.0.1");
socket.once("data", async () => {
  await log();
  socket.write("logged");
});
`;
  const line = command(1_000, paused)
    .map((word) => `'${word.replaceAll("'", "'\\''")}'`)
    .join(" ");
  const terminal = start([script.program, "-qec", line, "/dev/null"], { env: { SHELL: "/bin/sh", TERM: "xterm" } });
  t.after(() => terminal.kill("SIGKILL"));
  const [socket] = await once(server, "connection");
  terminal.kill("SIGSTOP");
  const logged = once(socket, "data");
  socket.write("go");
  await logged;
});
