import assert from "node:assert/strict";
import { test } from "node:test";
import { HelloClient, RpcError } from "@hello/client";
import { run } from "@hello/testing/program";
import { python, pythonProgram } from "./python-program.js";
import { startScriptedServer } from "./server-process.js";

/** Description of the violation that the servicer reports for the name. */
const description = "must not be naïve 👩‍🚀";
const details = `value: ${description}; other: missing`;

test("sends field violations that a Python client can read", { skip: python.skip }, async () => {
  await using server = await startScriptedServer();
  const { stdout, stderr } = await run(pythonProgram("status_client.py", server.address, `refuse ${description}`));
  assert.deepEqual(
    JSON.parse(stdout || "null"),
    {
      code: "INVALID_ARGUMENT",
      details,
      violations: [
        ["value", description],
        ["other", "missing"],
      ],
    },
    stderr,
  );
});

test("sends field violations that HelloClient can read", async () => {
  await using server = await startScriptedServer();
  await using client = new HelloClient(server.address);
  await assert.rejects(client.hello(`refuse ${description}`), (error: RpcError) => {
    assert.ok(error instanceof RpcError);
    assert.equal(error.status, "INVALID_ARGUMENT");
    assert.equal(error.details, details);
    assert.deepEqual(error.errorDetails, [
      {
        type: "google.rpc.BadRequest",
        fieldViolations: [
          { field: "value", description, reason: "" },
          { field: "other", description: "missing", reason: "" },
        ],
      },
    ]);
    return true;
  });
});

test("sends the status of a failure even if its details exceed the limit of a Python client", {
  skip: python.skip,
}, async () => {
  await using server = await startScriptedServer();
  for (const length of [500, 1_900, 2_100, 100_000]) {
    const name = `refuse ${"x".repeat(length)}`;
    const { stdout, stderr } = await run(pythonProgram("status_client.py", server.address, name));
    assert.equal(JSON.parse(stdout || "{}").code, "INVALID_ARGUMENT", stderr);
  }
});
