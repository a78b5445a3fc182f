/** Tests the standard input and the standard error of the client program. */
import assert from "node:assert/strict";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { test } from "node:test";
import { listen } from "@hello/testing/peer";
import { type Outcome, run } from "@hello/testing/program";
import { clientMain } from "../client-program.js";
import { clientUnderTest } from "./client-under-test.js";

const client = clientUnderTest();

/** Runs the client program with its standard input redirected by a shell. */
function runRedirected(redirection: string, ...args: string[]): Promise<Outcome> {
  return run(["/bin/sh", "-c", `exec "$@" ${redirection}`, "sh", process.execPath, clientMain, ...args], {
    env: client.environment(),
  });
}

function jsonLines(text: string): Record<string, unknown>[] {
  return text
    .split("\n")
    .slice(0, -1)
    .map((line) => JSON.parse(line));
}

test("skips a byte order mark before the first name", async () => {
  const { status, stdout } = await client.run(["-"], { input: "\ufeffAda\r\nGrace\r\n" });
  assert.deepEqual([status, stdout], [0, "Hello Ada\nHello Grace\n"]);
});

test("fails with one line and status 1 when it cannot read standard input", async () => {
  assert.deepEqual(await runRedirected(`< "${tmpdir()}"`, "-"), {
    status: 1,
    stdout: "",
    stderr: "hello-client: standard input is a directory\n",
  });
  const { status, stdout, stderr } = await runRedirected("0> /dev/null", "-");
  assert.deepEqual([status, stdout], [1, ""]);
  assert.match(stderr, /^hello-client: EBADF[^\n]*\n$/);
});

test("reads no names from a closed standard input", async () => {
  assert.deepEqual(await runRedirected("<&-", "-"), { status: 0, stdout: "", stderr: "" });
});

test("writes every error as one JSON object with --json", async () => {
  const unreachable = { HELLO_TARGET: "hello.invalid:1", http_proxy: "http://127.0.0.1:1" };
  const failures: [args: string[], message: RegExp, options?: Parameters<typeof client.run>[1]][] = [
    [["--json"], /^UNAVAILABLE: no connection: the HTTP proxy /, { env: unreachable }],
    [["--json", "--timeout-ms", "0", "--tls-key", "x"], /^--timeout-ms .*\n--tls-key/],
    [["--json", "-", "-"], /^the name "-" is allowed only once$/],
    [["--json", "-"], /^line 2 is not valid UTF-8$/, { input: Buffer.from([65, 10, 255, 10]) }],
  ];
  for (const [args, message, options] of failures) {
    const [{ error }, ...others] = jsonLines((await client.run(args, options)).stderr) as [{ error: Error }];
    assert.match(error.message, message);
    assert.deepEqual(others, []);
  }
});

test("writes a warning of Node as a JSON object with --json", async () => {
  await using peer = await listen(createServer((socket) => socket.destroy()));
  const { stderr } = await client.run(["--json", "--tls", "--target", peer.address], {
    env: { NODE_TLS_REJECT_UNAUTHORIZED: "0" },
  });
  const [first, second] = jsonLines(stderr);
  assert.match(
    JSON.stringify(first),
    /^\{"warning":\{"name":"Warning","message":"Setting the NODE_TLS_REJECT_UNAUTHORIZED/,
  );
  assert.match(JSON.stringify(second), /^\{"error":\{"code":14,/);
});

test("writes the log of grpc-js to standard error with GRPC_VERBOSITY", async () => {
  const env = { HELLO_TARGET: "hello.invalid:1", http_proxy: "http://127.0.0.1:1", GRPC_VERBOSITY: "ERROR" };
  const { stderr } = await client.run([], { env });
  assert.match(stderr, /^E Failed to connect to proxy .*\n/);
});
