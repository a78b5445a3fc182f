import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";
import { status } from "@grpc/grpc-js";
import { run } from "@hello/testing/program";
import { createGreeter } from "../greeter.js";
import { serverMain, startScriptedServer } from "../server-process.js";

/** Log level `fatal`. */
const fatal = 60;

test("logs a handler that throws in one line, and keeps serving", async () => {
  await using server = await startScriptedServer();
  using greeter = createGreeter(server.address);
  await assert.rejects(greeter.greet("throw"), { code: status.INTERNAL, details: "internal error" });
  assert.equal(await greeter.greet("World"), "Hello World");
  const failures = server.log.filter(({ level }) => level > 30);
  assert.equal(failures.length, 1);
  assert.match(JSON.stringify(failures[0]), /"method":"\/Hello\/Hello".*Error: secret.*scripted-servicer\.mjs/);
  assert.equal(await server.stop(), 0);
});

/** Commands of `scripted-servicer.mjs` with the origin that the log shows for them. */
const crashes = { crash: "uncaughtException", reject: "unhandledRejection" };

for (const [name, origin] of Object.entries(crashes)) {
  test(`exits with 1 and one line in the log on an ${origin}`, async () => {
    await using server = await startScriptedServer();
    using greeter = createGreeter(server.address);
    await greeter.greet(name).catch(() => {
      // The process may end before or after it sends the response.
    });
    assert.equal(await server.ended, 1);
    const [line, ...more] = server.log.filter(({ level }) => level > 30);
    assert.deepEqual(more, []);
    assert.equal(line?.level, fatal);
    assert.equal(line["origin"], origin);
    assert.match(JSON.stringify(line), /Error: secret.*scripted-servicer\.mjs/);
    assert.equal(server.stderr, "");
  });
}

test("prints the version of the package with --version", async () => {
  const manifest = readFileSync(new URL("../../../server/package.json", import.meta.url), "utf8");
  const { status, stdout } = await run([process.execPath, serverMain, "--version"]);
  assert.equal(stdout, `${JSON.parse(manifest).version}\n`);
  assert.equal(status, 0);
});
