import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { HelloClient } from "../hello-client.js";
import { serve } from "../test-server.js";

test("without an SDK, the OpenTelemetry API is not even loaded, and nothing is sent", async () => {
  await using server = await serve();
  await using client = new HelloClient(server.target);
  await client.hello("World");
  const { cache } = createRequire(import.meta.url);
  assert.deepEqual(
    Object.keys(cache).filter((file) => file.includes("@opentelemetry")),
    [],
  );
  assert.deepEqual(server.calls[0]?.metadata.get("traceparent"), []);
});
