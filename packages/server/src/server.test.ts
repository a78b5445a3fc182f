import assert from "node:assert/strict";
import { test } from "node:test";
import { createHelloServer } from "./server.js";

test("a shutdown during the start leaves nothing that listens", async () => {
  const server = createHelloServer({ addresses: ["127.0.0.1:0"] });
  const started = server.start();
  await server.shutdown();
  assert.deepEqual(await started, []);
});
