import assert from "node:assert/strict";
import { test } from "node:test";
import { formatOptionRows } from "@hello/grpc-common";
import { defaultLimits } from "../../test/default-limits.js";
import { type Config, parseConfig, programOptionTable } from "./program-options.js";

function parse(argv: readonly string[], env: NodeJS.ProcessEnv = {}): Config {
  const command = parseConfig({ name: "test-server", envPrefix: "TEST", version: "1.2.3", argv, env });
  return command.action === "run" ? command.config : assert.fail("expected a configuration");
}

test("listens on port 50051 of all interfaces by default, with finite limits", () => {
  const { addresses, compression, logLevel, reflection, shutdownDelayMs, shutdownGraceMs, workers, ...limits } = parse(
    [],
  );
  assert.deepEqual(
    { addresses, compression, logLevel, reflection, shutdownDelayMs, shutdownGraceMs, workers },
    {
      addresses: ["[::]:50051"],
      compression: "identity",
      logLevel: "info",
      reflection: true,
      shutdownDelayMs: 0,
      shutdownGraceMs: 10_000,
      workers: 1,
    },
  );
  assert.deepEqual(limits, defaultLimits);
  assert.ok(Object.values(limits).every(Number.isFinite));
});

test("shows the program and every option in --help", () => {
  const program = { name: "test-server", envPrefix: "TEST", version: "1.2.3", argv: ["--help"], env: {} };
  const command = parseConfig(program);
  const text = command.action === "print" ? command.text : "";
  assert.match(text, /^Usage: test-server \[options\]\n/);
  for (const [flag = "", variable = ""] of formatOptionRows(programOptionTable, "TEST")) {
    assert.ok(text.includes(flag.replaceAll("`", "")), flag);
    assert.ok(text.includes(variable.replaceAll("`", "")), variable);
  }
});

for (const row of formatOptionRows(programOptionTable, "TEST")) {
  const [, flag = "", placeholder] = /--([\w-]+)(?: <([\w-]+)>)?/.exec(row[0] ?? "") ?? [];
  const variable = (row[1] ?? "").replaceAll("`", "");
  test(`accepts --${flag} and ${variable} alike`, () => {
    const value = { address: "127.0.0.1:1", level: "debug", file: "x.pem", encoding: "gzip" }[placeholder ?? ""] ?? "7";
    const tls = { TEST_TLS_CERT: "c.pem", TEST_TLS_KEY: "k.pem" };
    const byFlag = parse(placeholder === undefined ? [`--${flag}`] : [`--${flag}`, value], tls);
    const byVariable = parse([], { ...tls, [variable]: placeholder === undefined ? "false" : value });
    assert.deepEqual(byFlag, byVariable);
    assert.notDeepEqual(byFlag, parse([], tls));
  });
}

test("requires the key with a certificate, and both with a client CA", () => {
  const pair = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];
  assert.deepEqual(parse(pair).tls, { certFile: "c.pem", keyFile: "k.pem", clientCaFile: undefined });
  assert.deepEqual(parse([...pair, "--tls-client-ca", "ca.pem"]).tls, {
    certFile: "c.pem",
    keyFile: "k.pem",
    clientCaFile: "ca.pem",
  });
  assert.throws(() => parse(["--tls-cert", "c.pem"]), /--tls-cert needs --tls-key/);
  assert.throws(() => parse(["--tls-client-ca", "ca.pem"]), /--tls-client-ca needs --tls-cert and --tls-key/);
});

test("reports all mistakes at once", () => {
  assert.throws(
    () => parse(["--address", "nowhere", "--workers", "0", "--nope"], { TEST_LOG_LEVEL: "loud" }),
    (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.equal(error.message.split("\n").length, 4, error.message);
      return true;
    },
  );
});
