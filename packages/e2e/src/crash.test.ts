import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { run } from "@hello/testing/program";
import { createGreeter } from "./greeter.js";
import { serverMain, startUnusualServer } from "./server-process.js";

const fatal = 60;

test("a handler that throws is one line in the log, and the process lives", async () => {
  await using server = await startUnusualServer();
  using greeter = createGreeter(server.address);
  await assert.rejects(greeter.greet("throw"), { code: status.INTERNAL, details: "internal error" });
  assert.equal(await greeter.greet("World"), "Hello World");
  const failures = server.log.filter(({ level }) => level > 30);
  assert.equal(failures.length, 1);
  assert.match(JSON.stringify(failures[0]), /"method":"\/Hello\/Hello".*Error: secret.*unusual-servicer\.ts/);
  assert.equal(await server.stop(), 0);
});

const crashes = {
  /** What a timer or an event throws. */
  crash: "uncaughtException",
  /** A promise that nobody waits for. */
  reject: "unhandledRejection",
};

for (const [name, origin] of Object.entries(crashes)) {
  test(`an ${origin} ends the process with 1 and one line in the log`, async () => {
    await using server = await startUnusualServer();
    using greeter = createGreeter(server.address);
    await greeter.greet(name).catch(() => {
      // The answer may or may not be out when the process ends.
    });
    assert.equal(await server.ended, 1);
    const [line, ...more] = server.log.filter(({ level }) => level > 30);
    assert.deepEqual(more, []);
    assert.equal(line?.level, fatal);
    assert.equal(line["origin"], origin);
    assert.match(JSON.stringify(line), /Error: secret.*unusual-servicer\.ts/);
    assert.equal(server.stderr, "");
  });
}

test("--version prints the version of the package", async () => {
  const manifest = readFileSync(new URL("../../server/package.json", import.meta.url), "utf8");
  const { status, stdout } = await run([process.execPath, serverMain, "--version"]);
  assert.equal(stdout, `${JSON.parse(manifest).version}\n`);
  assert.equal(status, 0);
});
