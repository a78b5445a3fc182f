import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { pnpm } from "@hello/testing/package-managers";
import { type Outcome, run } from "@hello/testing/program";
import { type ServerProcess, startServer } from "../server-process.js";
import { snippets } from "../snippets.js";

const root = new URL("../../../../", import.meta.url);
const readme = new URL("README.md", root);
let server: ServerProcess;
before(async () => {
  server = await startServer();
});
after(() => server.stop());

/** Runs a command line of the README at the root. The client program calls our server by default. */
function runCommand(command: string): Promise<Outcome> {
  return run(process.platform === "win32" ? ["cmd", "/c", command] : ["sh", "-c", command], {
    cwd: fileURLToPath(root),
    env: { HELLO_TARGET: server.address },
  });
}

/** Commands in the README's console blocks, each with the output below it. */
const commands = snippets(readme, "console").flatMap((block) =>
  block
    .split(/^\$ /m)
    .slice(1)
    .map((text) => {
      const [command = "", ...output] = text.split("\n");
      return { command, output: output.join("\n") };
    }),
);

/** Commands tested elsewhere: the one that runs this test, one that runs until a signal, and one tested below. */
const testedElsewhere = ["npx -y pnpm@12 test", "pnpm --filter server start", "pnpm --filter server test hello"];

test("the README contains the expected commands", () => {
  assert.equal(commands.length, 7);
  for (const command of testedElsewhere) {
    assert.ok(
      commands.some((printed) => printed.command === command),
      command,
    );
  }
});

const testedHere = commands.filter(({ command }) => !testedElsewhere.includes(command));
for (const [index, { command, output }] of testedHere.entries()) {
  test(`README: ${command}`, async () => {
    // The start of npx takes long, so only the first command runs through it.
    const program = index === 0 ? command : command.replace("npx -y pnpm@12", pnpm.join(" "));
    const { status, stdout, stderr } = await runCommand(program);
    assert.equal(stdout, output, stderr);
    assert.equal(status, 0);
  });
}

test("README: changing the greeting fails the server's test, and restoring it makes the test pass", async () => {
  const serverPackage = fileURLToPath(new URL("packages/server/", root));
  const folder = mkdtempSync(join(serverPackage, ".first-change-"));
  const testHello = () =>
    run(
      [process.execPath, "-r", "tsx/cjs", fileURLToPath(new URL("packages/tooling/src/run-tests.ts", root)), "hello"],
      {
        cwd: folder,
        env: { NODE_TEST_CONTEXT: undefined },
      },
    );
  try {
    for (const file of ["package.json", "src/hello.ts", "src/hello.test.ts"]) {
      cpSync(join(serverPackage, file), join(folder, file));
    }
    const source = join(folder, "src", "hello.ts");
    const [, , original = ""] = snippets(readme, "ts");
    const code = readFileSync(source, "utf8");
    assert.ok(code.includes(original), "hello.ts differs from the README");
    writeFileSync(source, code.replace("`Hello ", "`Goodbye "));
    const changed = await testHello();
    assert.equal(changed.status, 1);
    assert.match(changed.stdout, /Goodbye/);

    writeFileSync(source, code);
    assert.equal((await testHello()).status, 0);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
