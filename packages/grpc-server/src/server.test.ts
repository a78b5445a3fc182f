import assert from "node:assert/strict";
import { once } from "node:events";
import { connect } from "node:net";
import { test } from "node:test";
import { EchoService } from "@hello/testing/echo";
import { echoServicer } from "@hello/testing/echo-servicer";
import { bindService } from "./calls/servicer.js";
import { createServer } from "./server.js";

const services = [bindService(EchoService, echoServicer)];
const create = (addresses: readonly string[] = ["127.0.0.1:0"]) =>
  createServer({ services, addresses, shutdownDelayMs: 60_000 });

async function accepts(address: string): Promise<boolean> {
  const [host, port] = address.split(":");
  const socket = connect({ host, port: Number(port) });
  try {
    await once(socket, "connect");
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

test("a second start gets the addresses of the first", async () => {
  const server = create();
  const [first, second] = await Promise.all([server.start(), server.start()]);
  assert.deepEqual(first, second);
  assert.deepEqual(await server.start(), first);
  assert.ok(await accepts(first[0] ?? ""));
  await Promise.all([server.shutdown(), server.shutdown()]);
});

test("a second shutdown skips the waiting, and resolves with the first", async () => {
  const server = create();
  const [address = ""] = await server.start();
  let stopped = 0;
  const first = server.shutdown().then(() => stopped++);
  assert.ok(await accepts(address), "calls are accepted during the delay");
  await server.shutdown();
  await first;
  assert.equal(stopped, 1);
  assert.equal(await accepts(address), false);
  await server.shutdown();
});

test("a shutdown during the start stops what has started", async () => {
  const server = create();
  const started = server.start();
  await Promise.all([server.shutdown(), server.shutdown()]);
  const [address = ""] = await started;
  assert.equal(await accepts(address), false);
});

test("a server that was never started is shut down at once, and serves no more", async () => {
  const server = create();
  await server.shutdown();
  await assert.rejects(server.start(), /^Error: the server has been shut down and cannot start again/);
});

test("a server that could not start is shut down at once", async () => {
  const first = create();
  const addresses = await first.start();
  const second = create(addresses);
  await assert.rejects(second.start(), /in use/);
  await assert.rejects(second.start(), /in use/);
  await second.shutdown();
  await Promise.all([first.shutdown(), first.shutdown()]);
});
