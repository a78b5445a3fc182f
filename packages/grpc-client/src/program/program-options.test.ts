import assert from "node:assert/strict";
import { test } from "node:test";
import { parseCommandLine } from "@hello/grpc-common";
import { createCertificates } from "@hello/testing/certificates";
import { createProgramOptions, type ProgramOptionValues } from "./program-options.js";

function parse(argv: readonly string[], env: NodeJS.ProcessEnv = {}): ProgramOptionValues {
  const program = { name: "app", description: "", envPrefix: "APP", version: "1", argv, env };
  const parsed = parseCommandLine(createProgramOptions("localhost:1"), program);
  return parsed.action === "run" ? parsed.values : assert.fail("expected a command to run");
}

function problemsOf(...argv: string[]): string[] {
  try {
    parse(argv);
  } catch (error) {
    return (error as Error).message.split("\n");
  }
  return [];
}

test("defaults to the default target in plain text", () => {
  const { target, tls, metadata, health, json } = parse([]);
  assert.deepEqual([target, tls, metadata, health, json], ["localhost:1", false, undefined, false, false]);
  assert.equal(parse([], { APP_TARGET: "there:2" }).target, "there:2");
});

test("parses metadata as text, or as bytes for a key that ends in -bin, and accepts a key several times", () => {
  const argv = ["--metadata", "A=1=2", "--metadata", "a=", "--metadata", "b-bin=AP8=", "--metadata", "__proto__=x"];
  const expected = Object.fromEntries([
    ["a", ["1=2", ""]],
    ["b-bin", [Buffer.from([0, 255])]],
    ["__proto__", ["x"]],
  ]);
  assert.deepEqual(parse(argv).metadata, expected);
  assert.deepEqual(parse([], { APP_METADATA: "a=1,b=2" }).metadata, { a: ["1"], b: ["2"] });
});

test("rejects metadata that cannot be sent", () => {
  const invalid: [metadata: string, problem: RegExp][] = [
    ["x", /^--metadata must be key=value, not "x"$/],
    ["grpc-x=1", /^--metadata: invalid metadata "grpc-x": the key is reserved/],
    ["x-bin=§", /^--metadata: the value of x-bin must be base64, not "§"$/],
    ["x=é", /^--metadata: .*"x"/],
  ];
  for (const [metadata, problem] of invalid) {
    assert.match(problemsOf("--metadata", metadata).join("\n"), problem);
  }
});

test("reads the files of the TLS options", async () => {
  await using certificates = await createCertificates();
  const { ca, client } = certificates;
  const values = parse(["--tls-ca", ca.certFile, "--tls-cert", client.certFile, "--tls-key", client.keyFile]);
  assert.deepEqual(
    [values.tlsCa, values.tlsCert, values.tlsKey].map(String),
    [ca.cert, client.cert, client.key].map(String),
  );
});

test("reports every problem at once", () => {
  const problems = problemsOf("--tls-ca", "/none", "--tls-key", "package.json", "--watch", "--timeout-ms", "0");
  const expected = [
    /^--timeout-ms must be a whole number from 1 to 2147483647, not 0$/,
    /^--tls-ca: ENOENT.*'\/none'$/,
    /^--tls-key: "package.json" is not in PEM format$/,
    /^--tls-key needs --tls-cert$/,
    /^--watch needs --health$/,
  ];
  assert.equal(problems.length, expected.length, problems.join("\n"));
  for (const [index, pattern] of expected.entries()) {
    assert.match(problems[index] ?? "", pattern);
  }
});
