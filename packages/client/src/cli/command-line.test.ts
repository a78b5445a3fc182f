import assert from "node:assert/strict";
import { test } from "node:test";
import { createCertificates } from "@hello/testing/certificates";
import { helpText, parseCommandLine } from "./command-line.js";

const plain = { tls: false, waitForReady: false, allowPlaintextToken: false };
const greet = { action: "greet", names: ["World"], target: "localhost:50051", client: plain, call: {}, json: false };

function mistakes(argv: readonly string[], env: NodeJS.ProcessEnv = {}): string[] {
  try {
    parseCommandLine(argv, env);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
}

test("without arguments World is greeted at localhost", () => {
  assert.deepEqual(parseCommandLine([], {}), greet);
});

test("a flag wins over its variable, and an empty variable is none", () => {
  const env = { HELLO_TARGET: "there:1", HELLO_TIMEOUT_MS: "", HELLO_WAIT_FOR_READY: "true", HELLO_TLS: "false" };
  const client = { ...plain, waitForReady: true };
  assert.deepEqual(parseCommandLine(["Ada"], env), { ...greet, names: ["Ada"], target: "there:1", client });
  assert.deepEqual(parseCommandLine(["--target", "here:2", "--timeout-ms=7"], env), {
    ...greet,
    target: "here:2",
    client: { ...client, timeoutMs: 7 },
  });
});

test("what follows -- is a name, dashes and all", () => {
  assert.deepEqual(parseCommandLine(["--json", "--", "--json", "-"], {}), {
    ...greet,
    names: ["--json", "-"],
    json: true,
  });
});

test("metadata is text, or bytes for a key in -bin, and a key may come several times", () => {
  const argv = ["--metadata", "A=1=2", "--metadata", "a=", "--metadata", "b-bin=AP8=", "--metadata", "__proto__=x"];
  const metadata = Object.fromEntries([
    ["a", ["1=2", ""]],
    ["b-bin", [Buffer.from([0, 255])]],
    ["__proto__", ["x"]],
  ]);
  assert.deepEqual(parseCommandLine(argv, {}), { ...greet, call: { metadata } });
  assert.deepEqual(parseCommandLine([], { HELLO_METADATA: "a=1,b=2" }), {
    ...greet,
    call: { metadata: { a: ["1"], b: ["2"] } },
  });
});

test("the TLS options are read from their files, and mean TLS", async () => {
  await using certificates = await createCertificates();
  const { ca, client } = certificates;
  const argv = ["--tls-ca", ca.certFile, "--tls-cert", client.certFile, "--tls-key", client.keyFile];
  const tls = { ca: Buffer.from(ca.cert), cert: Buffer.from(client.cert), key: Buffer.from(client.key) };
  assert.deepEqual(parseCommandLine(argv, {}), { ...greet, client: { ...plain, tls } });
  assert.deepEqual(parseCommandLine(["--tls-server-name", "a.example"], {}), {
    ...greet,
    client: { ...plain, tls: { serverName: "a.example" } },
  });
  assert.deepEqual(parseCommandLine(["--tls"], {}), { ...greet, client: { ...plain, tls: true } });
});

test("health is asked of the server or of one service, once or for good", () => {
  const { names: _, ...health } = greet;
  assert.deepEqual(parseCommandLine(["--health"], {}), { ...health, action: "check", service: "" });
  assert.deepEqual(parseCommandLine(["--health", "Hello", "--watch"], {}), {
    ...health,
    action: "watch",
    service: "Hello",
  });
});

test("every mistake is named at once", () => {
  const argv = [
    "--tagret=x",
    "-v",
    "--json=1",
    "--timeout-ms",
    "soon",
    "--tls-ca",
    "/none",
    "--tls-key",
    "package.json",
  ];
  argv.push("--metadata", "x", "--metadata", "grpc-x=1", "--metadata", "x-bin=§", "--metadata", "x=é");
  argv.push("--watch", "-", "-", "--target");
  const found = mistakes(argv, { HELLO_WAIT_FOR_READY: "maybe" });
  const expected = [
    /^HELLO_WAIT_FOR_READY must be true or false, not "maybe"$/,
    /^unknown option --tagret$/,
    /^unknown option -v$/,
    /^--json takes no value, so not "1"$/,
    /^--target needs a value: --target <target>$/,
    /^--timeout-ms must be a whole number from 1 to 2147483647, not "soon"$/,
    /^--tls-ca: ENOENT.*'\/none'$/,
    /^--tls-key: "package.json" is not PEM$/,
    /^--tls-key needs its --tls-cert$/,
    /^--metadata must be key=value, not "x"$/,
    /^--metadata: metadata "grpc-x" is reserved/,
    /^--metadata: the value of x-bin must be base64, not "§"$/,
    /^--metadata: metadata "x" cannot be sent/,
    /^--watch needs --health$/,
    /^standard input can be read once/,
  ];
  assert.equal(found.length, expected.length, found.join("\n"));
  for (const [index, pattern] of expected.entries()) {
    assert.match(found[index] ?? "", pattern);
  }
});

test("a flag that needs a value does not swallow the next flag", () => {
  assert.deepEqual(mistakes(["--target", "--json"]), ["--target needs a value: --target <target>"]);
  assert.deepEqual(mistakes(["--target=--json"]), []);
});

test("a token is not sent in plain text unless that is asked for", () => {
  const argv = ["--metadata", "Authorization=Bearer x"];
  assert.match(mistakes(argv).join(), /^--metadata authorization would go out in plain text/);
  assert.deepEqual(mistakes([...argv, "--tls"]), []);
  assert.deepEqual(mistakes([...argv, "--allow-plaintext-token"]), []);
});

test("help and version come before mistakes", () => {
  assert.deepEqual(parseCommandLine(["--nonsense", "--help"], {}), { action: "help" });
  assert.deepEqual(parseCommandLine(["--version", "--timeout-ms=x"], {}), { action: "version" });
});

test("the help fits into 80 columns and names every option", () => {
  const help = helpText();
  assert.deepEqual(
    help.split("\n").filter((line) => line.length > 80),
    [],
  );
  for (const flag of ["target", "timeout-ms", "wait-for-ready", "metadata", "tls", "tls-ca", "tls-cert", "tls-key"]) {
    assert.match(help, new RegExp(`^  --${flag}\\b`, "m"));
  }
});
