import assert from "node:assert/strict";
import { test } from "node:test";
import { helpText, parseConfig } from "./config.js";
import { defaultLimits } from "./rpc/limits.js";

/** What the help says of each option: its flag, what stands for the flag's value, and its variable. */
const options = [
  ...helpText().matchAll(/^ {2}--([\w-]+)(?: <([\w-]+)>)?\n(?: {8}.*\n)*? {8}(HELLO_\w+), default/gm),
].map(([, flag = "", placeholder, variable = ""]) => ({ flag, placeholder, variable }));

test("without options the server listens on every interface at 50051, with finite limits", () => {
  const { addresses, logLevel, reflection, shutdownDelayMs, shutdownGraceMs, workers, ...limits } = parseConfig([], {});
  assert.deepEqual(
    { addresses, logLevel, reflection, shutdownDelayMs, shutdownGraceMs, workers },
    {
      addresses: ["[::]:50051"],
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

test("the help has every option, within 80 columns", () => {
  assert.ok(options.length >= Object.keys(parseConfig([], {})).length);
  assert.deepEqual(
    helpText()
      .split("\n")
      .filter((line) => line.length > 80),
    [],
  );
});

for (const { flag, placeholder, variable } of options) {
  test(`--${flag} and ${variable} mean the same`, () => {
    const value = { address: "127.0.0.1:1", level: "debug", file: "x.pem" }[placeholder ?? ""] ?? "7";
    const tls = { HELLO_TLS_CERT: "c.pem", HELLO_TLS_KEY: "k.pem" };
    const byFlag = parseConfig(placeholder === undefined ? [`--${flag}`] : [`--${flag}`, value], tls);
    const byVariable = parseConfig([], { ...tls, [variable]: placeholder === undefined ? "false" : value });
    assert.deepEqual(byFlag, byVariable);
    assert.notDeepEqual(byFlag, parseConfig([], tls));
  });
}

test("a certificate and its key come together, and the authority of clients with them", () => {
  const pair = ["--tls-cert", "c.pem", "--tls-key", "k.pem"];
  assert.deepEqual(parseConfig(pair, {}).tls, { cert: "c.pem", key: "k.pem" });
  assert.deepEqual(parseConfig([...pair, "--tls-client-ca", "ca.pem"], {}).tls, {
    cert: "c.pem",
    key: "k.pem",
    clientCa: "ca.pem",
  });
  assert.throws(() => parseConfig(["--tls-cert", "c.pem"], {}), /--tls-cert needs --tls-key/);
  assert.throws(() => parseConfig(["--tls-client-ca", "ca.pem"], {}), /--tls-client-ca needs --tls-cert and --tls-key/);
});

test("every mistake is named at once", () => {
  assert.throws(
    () => parseConfig(["--address", "nowhere", "--workers", "0", "--nope"], { HELLO_LOG_LEVEL: "loud" }),
    (error: Error) => {
      assert.equal(error.name, "UsageError");
      assert.equal(error.message.split("\n").length, 4, error.message);
      return true;
    },
  );
});
