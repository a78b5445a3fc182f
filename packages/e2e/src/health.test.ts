import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { start } from "@hello/testing/program";
import { python, pythonProgram } from "./python-program.js";
import { startServer } from "./server-process.js";

/** Starts health_client.py; `line` resolves with the next line that it prints. */
function startHealthClient(target: string, service: string) {
  const client = start(pythonProgram("health_client.py", target, service));
  const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
  return {
    line: async () => (await lines.next()).value as string | undefined,
    [Symbol.dispose]: () => void client.kill("SIGKILL"),
  };
}

for (const service of ["", "Hello"]) {
  const name = service === "" ? "the server" : service;

  test(`Python sees ${name} turn NOT_SERVING when the shutdown begins, and its watch end`, {
    skip: python.skip,
  }, async () => {
    await using server = await startServer("--shutdown-delay-ms", "60000");
    using client = startHealthClient(server.address, service);
    assert.equal(await client.line(), "Check SERVING");
    assert.equal(await client.line(), "Watch SERVING");

    process.kill(server.pid, "SIGTERM");
    assert.equal(await client.line(), "Watch NOT_SERVING");
    using late = startHealthClient(server.address, service);
    assert.equal(await late.line(), "Check NOT_SERVING");
    assert.equal(await late.line(), "Watch NOT_SERVING");

    // The second signal skips the delay.
    assert.equal(await server.stop(), 0);
    assert.equal(await client.line(), "Watch ended with OK");
    assert.equal(await late.line(), "Watch ended with OK");
  });
}

test("Python learns that there is no such service, and may go on to wait for it", { skip: python.skip }, async () => {
  await using server = await startServer();
  using client = startHealthClient(server.address, "Nobody");
  assert.equal(await client.line(), "Check NOT_FOUND");
  assert.equal(await client.line(), "Watch SERVICE_UNKNOWN");
  assert.equal(await server.stop(), 0);
  assert.equal(await client.line(), "Watch ended with OK");
});
