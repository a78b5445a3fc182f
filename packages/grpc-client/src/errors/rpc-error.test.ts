import assert from "node:assert/strict";
import { cpSync, mkdtempSync, rmSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath, pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { statusNames } from "@hello/grpc-common";
import { EchoClient } from "../../test/echo-client.js";
import { fail, serve } from "../../test/test-server.js";
import { RpcError } from "./rpc-error.js";

const init = { target: "localhost:1", method: "/a/b" };

for (const [code, name] of statusNames.entries()) {
  const isError = code > 0;
  test(`${name} from a server is ${isError ? "an RpcError" : "no error"}`, async () => {
    await using server = await serve(isError ? { handler: fail(code, "Gründe: 100 %") } : {});
    await using client = new EchoClient(server.target, { retry: false });
    const call = client.echo("World");
    if (!isError) {
      assert.equal(await call, "World");
      return;
    }
    await assert.rejects(call, {
      name: "RpcError",
      code,
      status: name,
      details: "Gründe: 100 %",
      message: `${name}: Gründe: 100 % (/testing.v1.Echo/Unary on ${server.target})`,
      target: server.target,
      method: "/testing.v1.Echo/Unary",
      attempts: 1,
      errorDetails: [],
    });
  });
}

test("has the metadata that the server sends with the status", async () => {
  await using server = await serve({ handler: fail(9, "no", { "x-shard": "7", "x-raw-bin": Buffer.from([1]) }) });
  await using client = new EchoClient(server.target);
  const error = await client.echo("World").catch((error: unknown) => error);
  assert.ok(error instanceof RpcError);
  assert.deepEqual(error.metadata["x-shard"], ["7"]);
  assert.deepEqual(error.metadata["x-raw-bin"], [Buffer.from([1])]);
});

test("the message counts the attempts", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target, { retry: { maxAttempts: 3, initialBackoffMs: 1 } });
  await assert.rejects(client.echo("World"), {
    attempts: 3,
    message: `UNAVAILABLE: busy (/testing.v1.Echo/Unary on ${server.target}, 3 attempts)`,
  });
  assert.equal(server.calls.length, 3);
});

test("ignores implausible attempt counts and odd metadata names from a server", async () => {
  for (const claim of ["Infinity", "20000000", "-1", "x"]) {
    await using server = await serve({
      handler: fail(3, "bad", { "grpc-previous-rpc-attempts": claim, constructor: "mine" }),
    });
    await using client = new EchoClient(server.target, { retry: false });
    const error: unknown = await client.echo("World").catch((error: unknown) => error);
    assert.ok(error instanceof RpcError);
    assert.equal(error.attempts, 1);
    assert.deepEqual(
      Object.entries(error.metadata).filter(([name]) => name !== "content-type" && name !== "date"),
      [["constructor", ["mine"]]],
    );
    assert.equal(error.metadata["toString"], undefined);
  }
});

test("an invalid code becomes UNKNOWN", () => {
  for (const code of [0, 17, -1, 1.5, Number.NaN]) {
    const error = new RpcError({ ...init, code, details: "" });
    assert.equal(error.code, 2);
    assert.equal(error.message, "UNKNOWN: the server gave no details (/a/b on localhost:1)");
  }
});

test("inspect() shows the status, the stack and the parts", () => {
  const shown = inspect(new RpcError({ ...init, code: 5, details: "no such thing", cause: "because" }));
  assert.match(shown, /^RpcError: NOT_FOUND: no such thing \(\/a\/b on localhost:1\)\n {4}at /);
  assert.match(shown, /\n {2}code: 5,\n {2}status: 'NOT_FOUND',/);
  assert.match(shown, /\[cause\]: 'because'/);
});

test("JSON contains the parts", () => {
  assert.deepEqual(JSON.parse(JSON.stringify(new RpcError({ ...init, code: 5, details: "no such thing" }))), {
    name: "RpcError",
    code: 5,
    status: "NOT_FOUND",
    details: "no such thing",
    target: "localhost:1",
    method: "/a/b",
    attempts: 1,
    metadata: {},
    errorDetails: [],
  });
});

test("instanceof is true across two copies of the package, and for nothing else", async () => {
  const source = fileURLToPath(new URL(".", import.meta.url));
  const copy = mkdtempSync(join(source, "../.copy-"));
  try {
    cpSync(source, copy, { recursive: true });
    const other = (await import(pathToFileURL(join(copy, "rpc-error.ts")).href)) as { RpcError: typeof RpcError };
    assert.notEqual(other.RpcError, RpcError);
    const theirs = new other.RpcError({ ...init, code: 5, details: "" });
    assert.ok(theirs instanceof RpcError);
    assert.ok(new RpcError({ ...init, code: 5, details: "" }) instanceof other.RpcError);
    assert.ok(theirs instanceof Error);
  } finally {
    rmSync(copy, { recursive: true });
  }
  for (const value of [new Error("RpcError"), { name: "RpcError" }, null, "RpcError"]) {
    assert.ok(!((value as unknown) instanceof RpcError));
  }
});

test("a subclass recognizes only its own instances", () => {
  class Special extends RpcError {}
  assert.ok(new Special({ ...init, code: 5, details: "" }) instanceof Special);
  assert.ok(new Special({ ...init, code: 5, details: "" }) instanceof RpcError);
  assert.ok(!(new RpcError({ ...init, code: 5, details: "" }) instanceof Special));
});
