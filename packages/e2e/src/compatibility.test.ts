/** Tests the errors and solutions in docs/compatibility.md. Other files test the rows on bundles, xds and shared names. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { npm, npx } from "@hello/testing/package-managers";
import { run } from "@hello/testing/program";
import { clientMain } from "./client-program.js";
import { type ServerProcess, serverMain, startServer } from "./server-process.js";
import { clientPackages, packTarballs, type Tarballs } from "./tarballs.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const table = readFileSync(join(root, "docs/compatibility.md"), "utf8").split("\n");

/** Asserts that an output contains an error that the table quotes for an environment. */
function assertDocumented(output: string, environment: string): void {
  const row = table.find((line) => line.startsWith(`| ${environment}`));
  const quotes = [...(row?.split("|")[2] ?? "").matchAll(/"([^"]+)"|`([^`]+)`/g)].map((match) => match[1] ?? match[2]);
  assert.ok(quotes.length > 0, `the table has no error for ${environment}`);
  assert.ok(
    quotes.some((quote = "") => output.includes(quote)),
    `none of ${quotes.join(", ")} in:\n${output}`,
  );
}

/** Preloaded code that makes Node report an old version. */
const fakeVersion = `Object.defineProperty(process, "versions", { value: { ...process.versions, node: "18.20.8" } });`;

for (const [name, main] of Object.entries({ "hello-client": clientMain, "hello-server": serverMain })) {
  test(`${name} reports the required version of Node in one line`, async () => {
    const command = [
      process.execPath,
      `--import=data:text/javascript,${encodeURIComponent(fakeVersion)}`,
      main,
    ] as const;
    const { status, stdout, stderr } = await run([...command, "--help"]);
    assert.equal(stderr, `${name}: requires Node 20.19 or later, but this is 18.20.8\n`);
    assert.equal(stdout, "");
    assert.equal(status, 1);
  });
}

for (const [environment, command] of [
  ["pnpm before 12", [...npx, "--yes", "pnpm@9", "install"]],
  ["`npm install`", [...npm, "install"]],
] as const) {
  test(`${environment} does not install the dependencies of the repository, and reports the documented error`, async () => {
    const folder = mkdtempSync(join(tmpdir(), "hello-compatibility-"));
    try {
      for (const file of ["package.json", "pnpm-workspace.yaml"]) {
        cpSync(join(root, file), join(folder, file));
      }
      const { status, stdout, stderr } = await run(command, { cwd: folder });
      assert.equal(status, 1);
      assertDocumented(stdout + stderr, environment);
    } finally {
      rmSync(folder, { recursive: true });
    }
  });
}

const jestTest = `
  import { HelloClient } from "@hello/client";
  test("greets", async () => {
    const client = new HelloClient(process.env.HELLO_TARGET);
    expect(await client.hello("Jest")).toBe("Hello Jest");
    client.close();
  });`;
const staticImport = `
  import { HelloClient } from "@hello/client";
  new HelloClient("localhost").close();`;
const files = {
  "package.json": '{ "type": "module" }',
  "greets.test.js": jestTest,
  "node-environment.test.js": `/** @jest-environment node */\n${jestTest}`,
  "static.cts": staticImport,
  "static.mts": staticImport,
  "dynamic.cts": 'import("@hello/client").then(({ HelloClient }) => new HelloClient("localhost").close());',
};

describe("a project with Jest and TypeScript 5.7", () => {
  let server: ServerProcess;
  let tarballs: Tarballs;
  let project: string;
  before(async () => {
    [server, tarballs] = await Promise.all([startServer(), packTarballs()]);
    const tools = ["jest@30", "jest-environment-jsdom@30", "typescript@5.7"];
    project = tarballs.createProject(files);
    await tarballs.install(project, clientPackages, ...tools);
  });
  after(async () => {
    await server.stop();
    tarballs[Symbol.dispose]();
  });

  /** Runs Jest, and returns its output. */
  async function jest(status: number, nodeOptions: string, ...args: string[]): Promise<string> {
    const env = { HELLO_TARGET: server.address, NODE_OPTIONS: nodeOptions };
    const command = [process.execPath, "node_modules/jest/bin/jest.js", ...args] as const;
    const outcome = await run(command, { cwd: project, env });
    assert.equal(outcome.status, status, outcome.stderr);
    return outcome.stderr;
  }

  test("runs Jest only with the documented option of Node", async () => {
    assertDocumented(await jest(1, "", "greets"), "Jest");
    await jest(0, "--experimental-vm-modules", "greets");
  });

  test("runs Jest with jsdom only in tests with the documented comment", async () => {
    const output = await jest(1, "--experimental-vm-modules", "--env=jsdom", "--runInBand");
    assert.match(output, /^FAIL \S*greets/m);
    assert.match(output, /^PASS \S*node-environment/m);
    assertDocumented(output, "a jsdom environment of Jest");
  });

  test("compiles a CommonJS file only with a dynamic import", async () => {
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--target", "es2022"];
    const sources = ["static.cts", "dynamic.cts", "static.mts"];
    const command = [process.execPath, "node_modules/typescript/bin/tsc", ...options, ...sources] as const;
    const { stdout } = await run(command, { cwd: project });
    assert.match(stdout, /^static\.cts\(.*: error TS1479: .*\n$/);
    assertDocumented(stdout, "TypeScript before 5.8");
  });
});
