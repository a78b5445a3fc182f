import assert from "node:assert/strict";
import { test } from "node:test";
import { HelloClient } from "./hello-client.js";
import { serve } from "./test-server.js";

test("a response above maxReceiveBytes fails the call, and says so", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target, { maxReceiveBytes: 100 });
  assert.equal((await client.hello("x".repeat(80))).length, 86);
  await assert.rejects(client.hello("x".repeat(100)), {
    status: "RESOURCE_EXHAUSTED",
    details: "the response is larger than maxReceiveBytes, 100",
  });
});

test("a request above maxSendBytes fails the call before it is sent, and says so", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target, { maxSendBytes: 100 });
  await assert.rejects(client.hello("x".repeat(100)), {
    status: "RESOURCE_EXHAUSTED",
    details: "the request is larger than maxSendBytes, 100",
  });
  assert.equal(server.calls.length, 0);
});

test("userAgent goes before the name of grpc-js", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target, { userAgent: "billing/1.2" });
  await client.hello("World");
  assert.match(String(server.calls[0]?.metadata.get("user-agent")), /^billing\/1\.2 grpc-node-js\//);
});

test("a proxy in the environment is not asked for a loopback target", async () => {
  await using server = await serve();
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = "http://127.0.0.1:1";
  try {
    for (const target of [
      server.target,
      server.target.replace("127.0.0.1", "dns:///localhost"),
      `ipv4:${server.target}`,
    ]) {
      await using client = new HelloClient(target, { retry: false });
      assert.equal(await client.hello("World"), "Hello World");
    }
    await using client = new HelloClient("hello.invalid:1", { retry: false });
    await assert.rejects(client.hello("World"), {
      details: "no connection: the HTTP proxy that http_proxy names gives none",
    });
  } finally {
    if (before === undefined) {
      delete process.env["http_proxy"];
    } else {
      process.env["http_proxy"] = before;
    }
  }
});
