import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { EchoClient } from "../../test/echo-client.js";
import { serve } from "../../test/test-server.js";

test("does not load the OpenTelemetry API or send trace context without an SDK", async () => {
  await using server = await serve();
  await using client = new EchoClient(server.target);
  await client.echo("World");
  const { cache } = createRequire(import.meta.url);
  assert.deepEqual(
    Object.keys(cache).filter((file) => file.includes("@opentelemetry")),
    [],
  );
  assert.deepEqual(server.calls[0]?.metadata.get("traceparent"), []);
});
