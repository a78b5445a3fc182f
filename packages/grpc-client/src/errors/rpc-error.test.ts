import assert from "node:assert/strict";
import { test } from "node:test";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { statusNames } from "@hello/grpc-common";
import { compileProgram } from "@hello/testing/compile";
import { EchoClient } from "../../test/echo-client.js";
import { fail, serve } from "../../test/test-server.js";
import { RpcError } from "./rpc-error.js";

const init = { target: "localhost:1", method: "/a/b" };

for (const [code, name] of statusNames.entries()) {
  const isError = code > 0;
  test(`${isError ? "rejects with an RpcError" : "resolves"} if the server sends ${name}`, async () => {
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

test("exposes the trailers of the server as metadata", async () => {
  await using server = await serve({ handler: fail(9, "no", { "x-shard": "7", "x-raw-bin": Buffer.from([1]) }) });
  await using client = new EchoClient(server.target);
  const error = await client.echo("World").catch((error: unknown) => error);
  assert.ok(error instanceof RpcError);
  assert.deepEqual(error.metadata["x-shard"], ["7"]);
  assert.deepEqual(error.metadata["x-raw-bin"], [Buffer.from([1])]);
});

test("includes the number of attempts in the message", async () => {
  await using server = await serve({ handler: fail(14, "busy") });
  await using client = new EchoClient(server.target, { retry: { maxAttempts: 3, initialBackoffMs: 1 } });
  await assert.rejects(client.echo("World"), {
    attempts: 3,
    message: `UNAVAILABLE: busy (/testing.v1.Echo/Unary on ${server.target}, 3 attempts)`,
  });
  assert.equal(server.calls.length, 3);
});

test("ignores an implausible attempt count from a server, and accepts keys like constructor", async () => {
  for (const count of ["Infinity", "20000000", "-1", "x"]) {
    await using server = await serve({
      handler: fail(3, "bad", { "grpc-previous-rpc-attempts": count, constructor: "mine" }),
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

test("replaces an invalid code with UNKNOWN", () => {
  for (const code of [0, 17, -1, 1.5, Number.NaN]) {
    const error = new RpcError({ ...init, code, details: "" });
    assert.equal(error.code, 2);
    assert.equal(error.message, "UNKNOWN: no details (/a/b on localhost:1)");
  }
});

test("shows the status, stack, properties and cause in inspect()", () => {
  const text = inspect(new RpcError({ ...init, code: 5, details: "no such thing", cause: "because" }));
  assert.match(text, /^RpcError: NOT_FOUND: no such thing \(\/a\/b on localhost:1\)\n {4}at /);
  assert.match(text, /\n {2}code: 5,\n {2}status: 'NOT_FOUND',/);
  assert.match(text, /\[cause\]: 'because'/);
});

test("serializes its properties to JSON", () => {
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

test("recognizes errors of another copy of the package by instanceof, and no other values", async () => {
  const copy = await compileProgram(new URL("rpc-error.ts", import.meta.url));
  const other = (await import(pathToFileURL(copy).href)) as { RpcError: typeof RpcError };
  assert.notEqual(other.RpcError, RpcError);
  const otherError = new other.RpcError({ ...init, code: 5, details: "" });
  assert.ok(otherError instanceof RpcError);
  assert.ok(new RpcError({ ...init, code: 5, details: "" }) instanceof other.RpcError);
  assert.ok(otherError instanceof Error);
  for (const value of [new Error("RpcError"), { name: "RpcError" }, null, "RpcError"]) {
    assert.ok(!((value as unknown) instanceof RpcError));
  }
});

test("limits instanceof of a subclass to its own instances", () => {
  class CustomError extends RpcError {}
  assert.ok(new CustomError({ ...init, code: 5, details: "" }) instanceof CustomError);
  assert.ok(new CustomError({ ...init, code: 5, details: "" }) instanceof RpcError);
  assert.ok(!(new RpcError({ ...init, code: 5, details: "" }) instanceof CustomError));
});
