import assert from "node:assert/strict";
import { createServer } from "node:net";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { compileProgram } from "@hello/testing/compile";
import { pnpm } from "@hello/testing/package-managers";
import { listen } from "@hello/testing/peer";
import { type Outcome, run, start } from "@hello/testing/program";
import { runClient } from "./client-program.js";
import { serverMain, serving, startServer } from "./server-process.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

function runPnpm(...args: string[]): Promise<Outcome> {
  return run([...pnpm, ...args], { cwd: root });
}

// On Windows the start scripts do not run, as the README states, and a process cannot handle SIGTERM.
if (process.platform !== "win32") {
  for (const signal of ["SIGTERM", "SIGINT"] as const) {
    test(`pnpm --filter server start serves until ${signal}, then exits with 0 and prints no error`, async () => {
      const command = [...pnpm, "--filter", "server", "start", "--address", "127.0.0.1:0"] as const;
      await using server = await serving(start(command, { cwd: root }));
      assert.equal(await server.stop(signal), 0);
      assert.doesNotMatch(server.stderr, /ELIFECYCLE|^\s+at /m);
    });
  }

  test("pnpm --filter client start prints only the greetings on standard output", async () => {
    await using server = await startServer();
    const { stdout } = await runPnpm("--filter", "client", "start", "--target", server.address, "Ada", "", "世界");
    assert.equal(stdout, "Hello Ada\nHello \nHello 世界\n");
  });

  test("pnpm --dir packages/client start exits with the status of the client program", async () => {
    const { status, stdout } = await runPnpm("--dir", "packages/client", "start", "--target", "127.0.0.1:1");
    assert.equal(status, 78);
    assert.equal(stdout, "");
  });
}

test("the client program reports a missing server in one line and exits with 78, within its timeout", async () => {
  const start = performance.now();
  const { status, stdout, stderr } = await runClient("--target", "127.0.0.1:1", "--timeout-ms", "20000");
  assert.equal(status, 78);
  assert.equal(stdout, "");
  assert.match(stderr, /^hello-client: UNAVAILABLE: [^\n]*127\.0\.0\.1:1[^\n]*\n$/);
  assert.ok(performance.now() - start < 20_000);
});

test("the client program reports a silent server in one line and exits with 68", async () => {
  await using silent = await listen(createServer());
  const { status, stdout, stderr } = await runClient("--target", silent.address, "--timeout-ms", "200");
  assert.equal(status, 68);
  assert.equal(stdout, "");
  assert.match(stderr, /^hello-client: DEADLINE_EXCEEDED: [^\n]*\n$/);
});

test("the server reports an address in use in one line and exits with 1", async () => {
  await using server = await startServer();
  const { status, stdout, stderr } = await run([process.execPath, serverMain, "--address", server.address]);
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.equal(
    stderr,
    `hello-server: cannot listen on ${server.address}: it is in use; stop the other process or choose another address\n`,
  );
});

test("the server reports a socket path that is too long as a mistake in the options", async () => {
  const address = `unix:/tmp/${"x".repeat(120)}`;
  for (const workers of ["1", "2"]) {
    const { status, stderr } = await run([process.execPath, serverMain, "--address", address, "--workers", workers]);
    assert.equal(status, 2);
    assert.match(stderr, /^hello-server: --address: invalid address "[^"]+": the path must have at most [^\n]*\n$/);
  }
});

test("the server reports every mistake in its options, and exits with 2", async () => {
  const { status, stdout, stderr } = await run(
    [process.execPath, serverMain, "--address", "nowhere", "--shutdown-grace-ms=-1", "--nope"],
    { env: { HELLO_LOG_LEVEL: "loud" } },
  );
  assert.equal(status, 2);
  assert.equal(stdout, "");
  const mistakes = stderr.trimEnd().split("\n");
  for (const mistake of ["--address", "--shutdown-grace-ms", "--nope", "HELLO_LOG_LEVEL"]) {
    assert.equal(mistakes.filter((line) => line.includes(mistake)).length, 1, `${mistake} in:\n${stderr}`);
  }
  assert.doesNotMatch(stderr, /^\s+at /m);
});

// readme.test.ts and install.test.ts run `pnpm demo`.
test("the demo fails with the reason when the client fails", async () => {
  const demo = await compileProgram(new URL("demo.ts", import.meta.url));
  const { status, stdout, stderr } = await run([process.execPath, demo, "--nope"]);
  assert.equal(status, 1);
  assert.equal(stdout, "");
  assert.match(stderr, /^demo: hello-client: unknown option "--nope"$/m);
});
