import assert from "node:assert/strict";
import type { ChildProcess } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { after, afterEach, before, test } from "node:test";
import { setTimeout } from "node:timers/promises";
import { createCertificates } from "@hello/testing/certificates";
import { type ProgramOptions, run, start } from "@hello/testing/program";
import { clientMain } from "./client-program.js";
import { type ServerProcess, startServer } from "./server-process.js";

let server: ServerProcess;
before(async () => {
  server = await startServer();
});
after(() => server[Symbol.asyncDispose]());

const command = (...args: string[]) => [process.execPath, clientMain, ...args] as const;
const environment = () => ({ HELLO_TARGET: server.address });

function runProgram(args: readonly string[], options: ProgramOptions = {}) {
  return run(command(...args), { ...options, env: { ...environment(), ...options.env } });
}

const children: ChildProcess[] = [];
afterEach(() => {
  for (const child of children.splice(0)) {
    child.kill("SIGKILL");
  }
});

function startProgram(args: readonly string[]) {
  const child = start(command(...args), { env: environment() });
  children.push(child);
  return child;
}

const numbers = (count: number) => Array.from({ length: count }, (_, index) => `name ${index}`);
const asLines = (texts: readonly string[]) => texts.map((text) => `${text}\n`).join("");

test("one greeting a line, for each name or for World", async () => {
  assert.deepEqual(await runProgram([]), { status: 0, stdout: "Hello World\n", stderr: "" });
  const names = ["Ada", "", "世界", "👩🏽‍🚀", "Ada"];
  const greetings = asLines(names.map((name) => `Hello ${name}`));
  assert.deepEqual(await runProgram(names), { status: 0, stdout: greetings, stderr: "" });
});

test("names from standard input: empty lines, CRLF, no end of the last line, among others", async () => {
  const input = "Ada\r\n\nGrace";
  assert.deepEqual(await runProgram(["-"], { input }), {
    status: 0,
    stdout: "Hello Ada\nHello \nHello Grace\n",
    stderr: "",
  });
  assert.deepEqual(await runProgram(["first", "-", "last"], { input }), {
    status: 0,
    stdout: "Hello first\nHello Ada\nHello \nHello Grace\nHello last\n",
    stderr: "",
  });
  assert.deepEqual(await runProgram(["-"]), { status: 0, stdout: "", stderr: "" });
});

test("20,000 names come out in order, in little memory", async () => {
  const names = numbers(20_000);
  // What would be kept of every name does not fit into so small a heap.
  const env = { NODE_OPTIONS: "--max-old-space-size=48" };
  const { status, stdout, stderr } = await runProgram(["-"], { input: asLines(names), env });
  assert.deepEqual({ status, stderr }, { status: 0, stderr: "" });
  assert.ok(stdout === asLines(names.map((name) => `Hello ${name}`)));
});

test("a greeting comes at once, while standard input stays open", async () => {
  const child = startProgram(["-"]);
  const lines = createInterface(child.stdout);
  for (const name of ["Ada", "Grace"]) {
    child.stdin.write(`${name}\n`);
    assert.deepEqual(await once(lines, "line"), [`Hello ${name}`]);
  }
  child.stdin.end();
  assert.deepEqual(await once(child, "close"), [0, null]);
});

test("input that is not UTF-8 is refused with its line, after the greetings before it", async () => {
  const input = Buffer.from("Ada\n\nGr\xe9goire\nAlan\n", "latin1");
  assert.deepEqual(await runProgram(["-"], { input }), {
    status: 1,
    stdout: "Hello Ada\nHello \n",
    stderr: "hello-client: line 3 is not valid UTF-8\n",
  });
});

test("a call that fails ends it with its line and status, after the greetings before it", async () => {
  const child = startProgram(["-"]);
  const output = Promise.all([text(child.stdout), text(child.stderr)]);
  // Standard input stays open: nothing waits for more of it.
  child.stdin.on("error", () => {});
  child.stdin.write(`Ada\nGrace\n${"x".repeat(5 * 2 ** 20)}\nAlan\n`);
  assert.deepEqual(await once(child, "exit"), [64 + 8, null]);
  child.stdin.destroy();
  const [stdout, stderr] = await output;
  assert.equal(stdout, "Hello Ada\nHello Grace\n");
  assert.match(stderr, /^hello-client: line 3: RESOURCE_EXHAUSTED: .*\n$/);
});

test("without a server it says so in one line, at once", async () => {
  const { status, stdout, stderr } = await runProgram(["--target", "127.0.0.1:1"]);
  assert.deepEqual({ status, stdout }, { status: 64 + 14, stdout: "" });
  assert.match(stderr, /^hello-client: UNAVAILABLE: .*ECONNREFUSED.*\n$/);
});

test("with --json a failure is a JSON object on standard error", async () => {
  const { status, stdout, stderr } = await runProgram(["--json", "--target", "127.0.0.1:1"]);
  assert.deepEqual({ status, stdout }, { status: 64 + 14, stdout: "" });
  const { error } = JSON.parse(stderr);
  assert.deepEqual([error.code, error.status], [14, "UNAVAILABLE"]);
  assert.match(error.message, /^UNAVAILABLE: .*ECONNREFUSED/);
});

test("with --json greetings are JSON objects, one a line", async () => {
  const { status, stdout } = await runProgram(["--json", "Ada", "a\nb"]);
  assert.equal(status, 0);
  assert.deepEqual(
    stdout
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line)),
    [
      { name: "Ada", greeting: "Hello Ada" },
      { name: "a\nb", greeting: "Hello a\nb" },
    ],
  );
});

test("a silent server costs no more than the timeout, and --wait-for-ready waits for it", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  const target = `127.0.0.1:${typeof address === "object" ? address?.port : ""}`;
  // Longer than the retries of a call that does not wait, which thus ends with another status.
  const env = { HELLO_TIMEOUT_MS: "2000" };
  const [stuck, refused, waiting] = await Promise.all([
    runProgram(["--target", target, "--timeout-ms", "300"]),
    runProgram(["--target", "127.0.0.1:1"], { env }),
    runProgram(["--target", "127.0.0.1:1", "--wait-for-ready"], { env }),
  ]);
  silent.close();
  assert.match(stuck.stderr, /^hello-client: DEADLINE_EXCEEDED: .*300 ms.*\n$/);
  assert.match(waiting.stderr, /^hello-client: DEADLINE_EXCEEDED: .*2000 ms.*\n$/);
  assert.deepEqual([stuck.status, refused.status, waiting.status], [64 + 4, 64 + 14, 64 + 4]);
});

test("mistakes are named all at once, with where to look", async () => {
  assert.deepEqual(await runProgram(["--tagret", "x", "--timeout-ms", "soon"]), {
    status: 2,
    stdout: "",
    stderr: `hello-client: unknown option --tagret
hello-client: --timeout-ms must be a whole number from 1 to 2147483647, not "soon"
hello-client: for the options: hello-client --help
`,
  });
});

test("certificates that do not go together are a mistake in the options", async () => {
  await using certificates = await createCertificates();
  const { server, client } = certificates;
  const { status, stderr } = await runProgram(["--tls-cert", client.certFile, "--tls-key", server.keyFile]);
  assert.equal(status, 2);
  assert.match(stderr, /^hello-client: --tls-key is not the key of --tls-cert\n/);
});

test("--help and --version go to standard output", async () => {
  const help = await runProgram(["--help"]);
  assert.deepEqual([help.status, help.stderr], [0, ""]);
  assert.match(help.stdout, /^Usage: hello-client \[options\] \[name\.\.\.\]\n/);
  assert.deepEqual(await runProgram(["--version"]), { status: 0, stdout: "0.1.0\n", stderr: "" });
});

test("--health tells whether the server or a service serves", async () => {
  assert.deepEqual(await runProgram(["--health"]), { status: 0, stdout: "SERVING\n", stderr: "" });
  const { stdout } = await runProgram(["--json", "--health", "Hello"]);
  assert.deepEqual(JSON.parse(stdout), { service: "Hello", status: "SERVING" });
  const unknown = await runProgram(["--health", "Nobody"]);
  assert.equal(unknown.status, 64 + 5);
  assert.match(unknown.stderr, /^hello-client: NOT_FOUND: /);
});

test("--health --watch prints each change, and a server that does not serve is no success", async () => {
  await using stopping = await startServer("--shutdown-delay-ms", "60000");
  const target = ["--target", stopping.address];
  const child = startProgram([...target, "--health", "--watch", "Hello"]);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "SERVING");
  process.kill(stopping.pid, "SIGTERM");
  assert.equal((await lines.next()).value, "NOT_SERVING");
  assert.deepEqual(await runProgram([...target, "--health"]), { status: 1, stdout: "NOT_SERVING\n", stderr: "" });
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [null, "SIGINT"]);
});

test("mutual TLS by flags and by variables", async () => {
  await using certificates = await createCertificates();
  const { ca, server, client } = certificates;
  await using secure = await startServer(
    ...["--tls-cert", server.certFile, "--tls-key", server.keyFile, "--tls-client-ca", ca.certFile],
  );
  const greeting = { status: 0, stdout: "Hello World\n", stderr: "" };
  const target = `localhost:${secure.address.split(":").at(-1)}`;
  const env = { HELLO_TARGET: target, HELLO_TLS_CA: ca.certFile };
  const pair = ["--tls-cert", client.certFile, "--tls-key", client.keyFile];
  assert.deepEqual(await runProgram(pair, { env }), greeting);
  const variables = { HELLO_TLS_CERT: client.certFile, HELLO_TLS_KEY: client.keyFile };
  assert.deepEqual(await runProgram([], { env: { ...env, ...variables } }), greeting);
  assert.equal((await runProgram([], { env })).status, 64 + 14);
  assert.equal((await runProgram([...pair, "--tls-server-name", "elsewhere.example"], { env })).status, 64 + 14);
});

test("a reader that has had enough ends it quietly", async () => {
  const child = startProgram(["-"]);
  const stderr = text(child.stderr);
  child.stdin.on("error", () => {});
  child.stdin.write("Ada\n");
  await once(child.stdout, "readable");
  child.stdout.destroy();
  // Standard input stays open: the next greeting has nowhere to go, and that is the end.
  child.stdin.write("Grace\n");
  assert.deepEqual(await once(child, "exit"), [0, null]);
  assert.equal(await stderr, "");
});

test("a reader that is slow, like a pager, slows it down, but no call misses its deadline", async () => {
  const names = numbers(10_000).map((name) => name.padEnd(1_000, "."));
  let given = 0;
  function* lines() {
    for (const name of names) {
      given += 1;
      yield `${name}\n`;
    }
  }
  const child = startProgram(["-", "--timeout-ms", "1000"]);
  const stderr = text(child.stderr);
  Readable.from(lines()).pipe(child.stdin);
  // It must come to a stop of its own, for longer than a call may take.
  for (let before = -1; before < given; await setTimeout(1_500)) {
    before = given;
  }
  assert.ok(given < names.length / 2, `read ${given} names, though nobody takes the greetings`);
  assert.ok((await text(child.stdout)) === asLines(names.map((name) => `Hello ${name}`)));
  assert.equal(await stderr, "");
});

test("an interrupt ends it at once, in the midst of a call, as a signal does", async () => {
  const silent = createServer(() => {}).listen(0, "127.0.0.1");
  await once(silent, "listening");
  const address = silent.address();
  const child = startProgram(["--target", `127.0.0.1:${typeof address === "object" ? address?.port : ""}`]);
  const stderr = text(child.stderr);
  await once(silent, "connection");
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "exit"), [null, "SIGINT"]);
  assert.equal(await stderr, "");
  silent.close();
});

test("output that cannot be written is an error", {
  skip: process.platform !== "linux" && "needs Linux's /dev/full",
}, async () => {
  const shell = `"$0" "$1" > /dev/full`;
  const { status, stderr } = await run(["/bin/sh", "-c", shell, process.execPath, clientMain], { env: environment() });
  assert.equal(status, 1);
  assert.match(stderr, /^hello-client: standard output: ENOSPC.*\n$/);
});
