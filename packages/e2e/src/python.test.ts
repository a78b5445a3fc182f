import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { test } from "node:test";
import { HelloClient } from "@hello/client";
import { run } from "@hello/testing/program";
import { runClient } from "./client-program.js";
import { pythonProgram as program, python, startPythonServer } from "./python-program.js";
import { startServer } from "./server-process.js";

const names = {
  ASCII: "World",
  empty: "",
  Chinese: "世界",
  emoji: "👩🏽‍🚀",
  "right-to-left": "שלום עולם",
  NUL: "a\0b\0",
  "1 MiB": "é".repeat(2 ** 19),
};

const require = createRequire(import.meta.url);

/** Asserts the greeting for a name. Unlike `assert.equal`, it does not print a long name on failure. */
function assertGreeting(greeting: string | undefined, [kind, name]: readonly [string, string]): void {
  assert.ok(greeting === `Hello ${name}`, `wrong greeting for the ${kind} name: ${greeting?.slice(0, 100)}`);
}

test("the generated Python modules match the contract", { skip: python.skip }, async () => {
  const descriptors = require.resolve("@hello/proto").replace(/dist.index\.js$/, "gen/descriptors.binpb");
  const { status, stderr } = await run([...program("check_contract.py"), descriptors]);
  assert.equal(status, 0, stderr);
});

for (const client of ["client.py", "asyncio_client.py"]) {
  test(`our server greets ${client} for names of any kind`, { skip: python.skip }, async () => {
    await using server = await startServer();
    const input = JSON.stringify(Object.values(names));
    const { status, stdout, stderr } = await run([...program(client), server.address], { input });
    assert.equal(status, 0, stderr);
    const greetings = JSON.parse(stdout) as string[];
    for (const [index, entry] of Object.entries(names).entries()) {
      assertGreeting(greetings[index], entry);
    }
  });
}

test("server.py greets HelloClient for names of any kind", { skip: python.skip }, async () => {
  await using server = await startPythonServer();
  await using client = new HelloClient(server.target);
  for (const entry of Object.entries(names)) {
    assertGreeting(await client.hello(entry[1]), entry);
  }
});

test("server.py greets the client program", { skip: python.skip }, async () => {
  await using server = await startPythonServer();
  // The other names cannot be arguments: they are too long or contain a NUL.
  const { ASCII, empty, Chinese, emoji, "right-to-left": rightToLeft } = names;
  const { status, stdout, stderr } = await runClient(
    "--target",
    server.target,
    ASCII,
    empty,
    Chinese,
    emoji,
    rightToLeft,
  );
  assert.equal(status, 0, stderr);
  assert.equal(stdout, `Hello ${ASCII}\nHello \nHello ${Chinese}\nHello ${emoji}\nHello ${rightToLeft}\n`);
});
