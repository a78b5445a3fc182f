import assert from "node:assert/strict";
import { createInterface } from "node:readline";
import { test } from "node:test";
import { start } from "@hello/testing/program";
import { python, pythonProgram } from "./python-program.js";
import { startServer } from "./server-process.js";

/** Starts health_client.py; `nextLine` resolves with the next line of its output. */
function startHealthClient(target: string, service: string) {
  const client = start(pythonProgram("health_client.py", target, service));
  const lines = createInterface(client.stdout)[Symbol.asyncIterator]();
  return {
    nextLine: async () => (await lines.next()).value as string | undefined,
    [Symbol.dispose]: () => void client.kill("SIGKILL"),
  };
}

for (const service of ["", "Hello"]) {
  const name = service === "" ? "the server" : service;

  test(`reports ${name} to a Python client as NOT_SERVING when the shutdown begins, and ends the watch`, {
    skip: python.skip,
  }, async () => {
    await using server = await startServer("--shutdown-delay-ms", "60000");
    using client = startHealthClient(server.address, service);
    assert.equal(await client.nextLine(), "Check SERVING");
    assert.equal(await client.nextLine(), "Watch SERVING");

    process.kill(server.pid, "SIGTERM");
    assert.equal(await client.nextLine(), "Watch NOT_SERVING");
    using late = startHealthClient(server.address, service);
    assert.equal(await late.nextLine(), "Check NOT_SERVING");
    assert.equal(await late.nextLine(), "Watch NOT_SERVING");

    // The second signal skips the delay.
    assert.equal(await server.stop(), 0);
    assert.equal(await client.nextLine(), "Watch ended with OK");
    assert.equal(await late.nextLine(), "Watch ended with OK");
  });
}

test("reports an unknown service to a Python client as NOT_FOUND, and lets it watch the service", {
  skip: python.skip,
}, async () => {
  await using server = await startServer();
  using client = startHealthClient(server.address, "Nobody");
  assert.equal(await client.nextLine(), "Check NOT_FOUND");
  assert.equal(await client.nextLine(), "Watch SERVICE_UNKNOWN");
  assert.equal(await server.stop(), 0);
  assert.equal(await client.nextLine(), "Watch ended with OK");
});
