import assert from "node:assert/strict";
import { once } from "node:events";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { text } from "node:stream/consumers";
import { test } from "node:test";
import { createCertificates } from "@hello/testing/certificates";
import { listen } from "@hello/testing/peer";
import { asLines } from "../client-program.js";
import { startServer } from "../server-process.js";
import { clientUnderTest } from "./client-under-test.js";

const client = clientUnderTest();

test("prints one greeting a line, for each name or for World", async () => {
  assert.deepEqual(await client.run([]), { status: 0, stdout: "Hello World\n", stderr: "" });
  const names = ["Ada", "", "世界", "👩🏽‍🚀", "Ada"];
  const greetings = asLines(names.map((name) => `Hello ${name}`));
  assert.deepEqual(await client.run(names), { status: 0, stdout: greetings, stderr: "" });
});

test("fails at once with a one-line message when nothing listens at the target", async () => {
  const { status, stdout, stderr } = await client.run(["--target", "127.0.0.1:1"]);
  assert.deepEqual({ status, stdout }, { status: 64 + 14, stdout: "" });
  assert.match(stderr, /^hello-client: UNAVAILABLE: .*ECONNREFUSED.*\n$/);
});

test("writes a failure as a JSON object to standard error with --json", async () => {
  const { status, stdout, stderr } = await client.run(["--json", "--target", "127.0.0.1:1"]);
  assert.deepEqual({ status, stdout }, { status: 64 + 14, stdout: "" });
  const { error } = JSON.parse(stderr);
  assert.deepEqual([error.code, error.status], [14, "UNAVAILABLE"]);
  assert.match(error.message, /^UNAVAILABLE: .*ECONNREFUSED/);
});

test("prints each greeting as a JSON object on its own line with --json", async () => {
  const { status, stdout } = await client.run(["--json", "Ada", "a\nb"]);
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

test("gives up on a silent server, and on a missing one with --wait-for-ready, after the timeout", async () => {
  await using silent = await listen(createServer());
  // Longer than the retries of a call without --wait-for-ready, which ends with UNAVAILABLE before this timeout.
  const env = { HELLO_TIMEOUT_MS: "2000" };
  const [timedOut, refused, waiting] = await Promise.all([
    client.run(["--target", silent.address, "--timeout-ms", "300"]),
    client.run(["--target", "127.0.0.1:1"], { env }),
    client.run(["--target", "127.0.0.1:1", "--wait-for-ready"], { env }),
  ]);
  assert.match(timedOut.stderr, /^hello-client: DEADLINE_EXCEEDED: .*300 ms.*\n$/);
  assert.match(waiting.stderr, /^hello-client: DEADLINE_EXCEEDED: .*2000 ms.*\n$/);
  assert.deepEqual([timedOut.status, refused.status, waiting.status], [64 + 4, 64 + 14, 64 + 4]);
});

test("reports every mistake in the options at once, and refers to --help", async () => {
  assert.deepEqual(await client.run(["--tagret", "x", "--timeout-ms", "soon"]), {
    status: 2,
    stdout: "",
    stderr: `hello-client: unknown option "--tagret"
hello-client: (Did you mean --target?)
hello-client: --timeout-ms must be a whole number from 1 to 2147483647, not "soon"
hello-client: run hello-client --help for the options
`,
  });
});

test("reports a key that does not match its certificate as a mistake in the options", async () => {
  await using certificates = await createCertificates();
  const { server, client: clientPair } = certificates;
  const { status, stderr } = await client.run(["--tls-cert", clientPair.certFile, "--tls-key", server.keyFile]);
  assert.equal(status, 2);
  assert.match(stderr, /^hello-client: --tls-key does not match --tls-cert\n/);
});

test("prints --help and --version on standard output", async () => {
  const help = await client.run(["--help"]);
  assert.deepEqual([help.status, help.stderr], [0, ""]);
  assert.match(help.stdout, /^Usage: hello-client \[options\] \[name\.\.\.\]\n/);
  assert.deepEqual(await client.run(["--version"]), { status: 0, stdout: "0.1.0\n", stderr: "" });
});

test("prints the health of the server or of a service with --health", async () => {
  assert.deepEqual(await client.run(["--health"]), { status: 0, stdout: "SERVING\n", stderr: "" });
  const { stdout } = await client.run(["--json", "--health", "Hello"]);
  assert.deepEqual(JSON.parse(stdout), { service: "Hello", status: "SERVING" });
  const unknown = await client.run(["--health", "Nobody"]);
  assert.equal(unknown.status, 64 + 5);
  assert.match(unknown.stderr, /^hello-client: NOT_FOUND: /);
});

test("prints each change with --health --watch, and exits with 1 from --health when the server is not serving", async () => {
  await using stopping = await startServer("--shutdown-delay-ms", "60000");
  const target = ["--target", stopping.address];
  const child = client.start([...target, "--health", "--watch", "Hello"]);
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  assert.equal((await lines.next()).value, "SERVING");
  process.kill(stopping.pid, "SIGTERM");
  assert.equal((await lines.next()).value, "NOT_SERVING");
  assert.deepEqual(await client.run([...target, "--health"]), { status: 1, stdout: "NOT_SERVING\n", stderr: "" });
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "close"), [null, "SIGINT"]);
});

test("uses mutual TLS configured by flags or by environment variables", async () => {
  await using certificates = await createCertificates();
  const { ca, server, client: clientPair } = certificates;
  await using secure = await startServer(
    ...["--tls-cert", server.certFile, "--tls-key", server.keyFile, "--tls-client-ca", ca.certFile],
  );
  const greeting = { status: 0, stdout: "Hello World\n", stderr: "" };
  const target = `localhost:${secure.address.split(":").at(-1)}`;
  const env = { HELLO_TARGET: target, HELLO_TLS_CA: ca.certFile };
  const flags = ["--tls-cert", clientPair.certFile, "--tls-key", clientPair.keyFile];
  assert.deepEqual(await client.run(flags, { env }), greeting);
  const variables = { HELLO_TLS_CERT: clientPair.certFile, HELLO_TLS_KEY: clientPair.keyFile };
  assert.deepEqual(await client.run([], { env: { ...env, ...variables } }), greeting);
  assert.equal((await client.run([], { env })).status, 64 + 14);
  assert.equal((await client.run([...flags, "--tls-server-name", "elsewhere.example"], { env })).status, 64 + 14);
});

test("ends by SIGINT at once during a call, without output", async () => {
  const silent = createServer();
  await using peer = await listen(silent);
  const connected = once(silent, "connection");
  const child = client.start(["--target", peer.address]);
  const stderr = text(child.stderr);
  await connected;
  child.kill("SIGINT");
  assert.deepEqual(await once(child, "exit"), [null, "SIGINT"]);
  assert.equal(await stderr, "");
});
