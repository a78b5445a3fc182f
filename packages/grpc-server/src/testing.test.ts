import assert from "node:assert/strict";
import { EventEmitter, once } from "node:events";
import { existsSync, mkdirSync, readdirSync, rmSync } from "node:fs";
import { join } from "node:path";
import { type TestContext, test } from "node:test";
import { Client, credentials, type ServiceError, status } from "@grpc/grpc-js";
import { callUnary } from "@hello/testing/call-unary";
import { captureLog } from "@hello/testing/captured-log";
import { EchoRequest, EchoResponse, EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { makeTemporaryFolder } from "@hello/testing/temporary-folder";
import { pino } from "pino";
import type { ServerCall } from "./calls/server-call.js";
import { bindService } from "./calls/servicer.js";
import { StatusError } from "./calls/status-error.js";
import { startTestServer } from "./testing.js";

const services = [bindService(EchoService, echoServicer)];
const onUnix = { skip: process.platform === "win32" ? "a named pipe is not a file" : false };

async function echo(t: TestContext, target: string): Promise<string> {
  const client = new Client(target, credentials.createInsecure());
  t.after(() => client.close());
  return (await callUnary(client, EchoService.unary, new EchoRequest().setValue("a"))).getValue();
}

/** Sets the folder for temporary files until the test ends. */
async function useTemporaryFolder(t: TestContext, ...path: string[]): Promise<string> {
  const root = await makeTemporaryFolder("testing-");
  const folder = join(root, ...path);
  mkdirSync(folder, { recursive: true });
  const { TMPDIR } = process.env;
  process.env["TMPDIR"] = folder;
  t.after(() => {
    if (TMPDIR === undefined) {
      delete process.env["TMPDIR"];
    } else {
      process.env["TMPDIR"] = TMPDIR;
    }
    rmSync(root, { recursive: true });
  });
  return folder;
}

test("serves on a new socket, and removes it on disposal", onUnix, async (t) => {
  const folder = await useTemporaryFolder(t);
  {
    await using first = await startTestServer({ services });
    await using second = await startTestServer({ services });
    assert.notEqual(first.target, second.target);
    assert.equal(await echo(t, first.target), "a");
    assert.equal(await echo(t, second.target), "a");
    assert.equal(readdirSync(folder).length, 2);
  }
  assert.deepEqual(readdirSync(folder), []);
});

test("calls the peer unix in the handler and in the log", onUnix, async (t) => {
  const log = captureLog();
  const servicer = {
    ...echoServicer,
    unary: (_: EchoRequest, { peer }: ServerCall) => new EchoResponse().setValue(peer),
  };
  await using server = await startTestServer({
    services: [bindService(EchoService, servicer)],
    logger: pino({ level: "debug" }, log),
  });
  assert.equal(await echo(t, server.target), "unix");
  assert.equal((await log.line(({ msg }) => msg === "call"))["peer"], "unix");
});

test("serves when the path of the temporary folder is too long for a socket", onUnix, async (t) => {
  // Short enough in characters, but not in bytes.
  const folder = await useTemporaryFolder(t, "ü".repeat(50));
  await using server = await startTestServer({ services });
  assert.equal(await echo(t, server.target), "a");
  assert.deepEqual(readdirSync(folder), []);
});

test("accepts the options of createServer", async (t) => {
  await using server = await startTestServer({
    services,
    authorize() {
      throw new StatusError(status.PERMISSION_DENIED, "denied");
    },
  });
  await assert.rejects(echo(t, server.target), { code: status.PERMISSION_DENIED });
});

test("leaves no file behind when an option is invalid", onUnix, async (t) => {
  const folder = await useTemporaryFolder(t);
  await assert.rejects(startTestServer({ services, maxConnections: -1 }), /^TypeError: maxConnections/);
  assert.deepEqual(readdirSync(folder), []);
});

test("cancels open calls on disposal", async (t) => {
  const calls = new EventEmitter();
  const servicer = {
    ...echoServicer,
    unary: () => {
      calls.emit("call");
      return new Promise<EchoResponse>(() => undefined);
    },
  };
  const server = await startTestServer({
    services: [bindService(EchoService, servicer)],
    shutdownGraceMs: 2_000_000_000,
  });
  const called = once(calls, "call");
  const call = echo(t, server.target).then(
    () => status.OK,
    ({ code }: ServiceError) => code,
  );
  await called;
  await server[Symbol.asyncDispose]();
  assert.equal(await call, status.UNAVAILABLE);
});

test("can be disposed after a shutdown", async () => {
  const server = await startTestServer({ services });
  await server.server.shutdown();
  await server[Symbol.asyncDispose]();
  assert.ok(!existsSync(server.target.replace("unix:", "")));
});
