import assert from "node:assert/strict";
import { test } from "node:test";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";

test("rejects a response above maxReceiveMessageBytes", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target, { maxReceiveMessageBytes: 100 });
  assert.equal((await client.echo("x".repeat(80))).length, 80);
  await assert.rejects(client.echo("x".repeat(100)), {
    status: "RESOURCE_EXHAUSTED",
    details: "the response exceeds maxReceiveMessageBytes (100)",
  });
});

test("rejects a request above maxSendMessageBytes before sending it", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target, { maxSendMessageBytes: 100 });
  await assert.rejects(client.echo("x".repeat(100)), {
    status: "RESOURCE_EXHAUSTED",
    details: "the request exceeds maxSendMessageBytes (100)",
  });
  assert.equal(server.calls.length, 0);
});

test("sends userAgent before the user agent of grpc-js", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target, { userAgent: "billing/1.2" });
  await client.echo("World");
  assert.match(String(server.calls[0]?.metadata.get("user-agent")), /^billing\/1\.2 grpc-node-js\//);
});

test("does not use the proxy of the environment for loopback targets", async () => {
  await using server = await serve();
  const before = process.env["http_proxy"];
  process.env["http_proxy"] = "http://127.0.0.1:1";
  try {
    for (const target of [
      server.target,
      server.target.replace("127.0.0.1", "dns:///localhost"),
      `ipv4:${server.target}`,
    ]) {
      await using client = new EchoClient(target, { retry: false });
      assert.equal(await client.echo("World"), "World");
    }
    await using client = new EchoClient("echo.invalid:1", { retry: false });
    await assert.rejects(client.echo("World"), {
      details: "no connection: the HTTP proxy in http_proxy failed to connect",
    });
  } finally {
    if (before === undefined) {
      delete process.env["http_proxy"];
    } else {
      process.env["http_proxy"] = before;
    }
  }
});
