import assert from "node:assert/strict";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { test } from "node:test";
import { fileURLToPath } from "node:url";
import { run, start } from "@hello/testing/program";
import { serving, startServer } from "./server-process.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Task {
  readonly label: string;
  readonly command: string;
}

interface LaunchConfiguration {
  readonly name: string;
  readonly runtimeArgs: readonly string[];
  readonly program: string;
  readonly args?: readonly string[];
  readonly cwd: string;
  readonly preLaunchTask: string;
}

const { tasks } = readJsonc<{ tasks: readonly Task[] }>(".vscode/tasks.json");
const { configurations } = readJsonc<{ configurations: readonly LaunchConfiguration[] }>(".vscode/launch.json");
const { recommendations } = readJsonc<{ recommendations: readonly string[] }>(".vscode/extensions.json");
const container = readJsonc<{
  onCreateCommand: string;
  postCreateCommand: string;
  customizations: { vscode: { extensions: readonly string[] } };
}>(".devcontainer/devcontainer.json");

/** Reads JSON with comments, which stand on lines of their own here. */
function readJsonc<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8").replaceAll(/^\s*\/\/.*$/gm, "")) as T;
}

/** Tells whether a command line runs a script of this repository that exists. */
function runsScript(command: string): boolean {
  const [, name, script = ""] = /^npx -y pnpm@12 (?:--filter (\S+) )?(\S+)$/.exec(command) ?? [];
  const manifest = join(root, name === undefined ? "" : `packages/${name}`, "package.json");
  const { scripts } = JSON.parse(readFileSync(manifest, "utf8")) as { scripts: Record<string, string> };
  return script in scripts;
}

/** The command line of a launch configuration, as VS Code makes it. */
function commandOf(name: string): { command: [string, ...string[]]; cwd: string } {
  const configuration = configurations.find((configuration) => configuration.name === name);
  assert.ok(configuration, name);
  const { runtimeArgs, program, args = [], cwd } = configuration;
  const [path = "", folder = ""] = [program, cwd].map((text) =>
    text
      .replace(/\$\{workspaceFolder\}\/?/, root)
      .replace(/\$\{file\}/, join(root, "packages/server/src/hello.test.ts")),
  );
  return { command: [process.execPath, ...runtimeArgs, path, ...args], cwd: folder };
}

test("the editor's tasks run scripts that exist, dev and test among them", () => {
  for (const { label, command } of tasks) {
    assert.ok(runsScript(command), `${label}: ${command}`);
  }
  for (const label of ["dev", "test"]) {
    assert.ok(tasks.some((task) => task.label === label));
  }
});

test("the editor's launch configurations wait for a task that exists", () => {
  for (const { name, preLaunchTask } of configurations) {
    assert.ok(
      tasks.some(({ label }) => label === preLaunchTask),
      name,
    );
  }
});

test("the dev container runs the two commands of the README, and has the programs that tests need", () => {
  const commands = container.postCreateCommand.split(" && ");
  const readme = readFileSync(join(root, "README.md"), "utf8");
  assert.deepEqual(commands, ["npx -y pnpm@12 demo", "npx -y pnpm@12 test"]);
  for (const command of commands) {
    assert.ok(runsScript(command) && readme.includes(`$ ${command}\n`), command);
  }
  const [, list = ""] = /\$\(grep -v '\^#' (\S+)\)/.exec(container.onCreateCommand) ?? [];
  assert.ok(list !== "" && existsSync(join(root, list)));
  for (const extension of container.customizations.vscode.extensions) {
    assert.ok(recommendations.includes(extension), extension);
  }
});

test("the launch configuration of the server serves", async () => {
  const { command, cwd } = commandOf("Server");
  await using server = await serving(start(command, { cwd, env: { HELLO_ADDRESS: "127.0.0.1:0" } }));
  assert.match(server.address, /^127\.0\.0\.1:\d+$/);
});

test("the launch configuration of the client greets", async () => {
  await using server = await startServer();
  const { command, cwd } = commandOf("Client");
  const { stdout, stderr } = await run(command, { cwd, env: { HELLO_TARGET: server.address } });
  assert.equal(stdout, "Hello World\n", stderr);
});

test("the launch configuration of a test runs the file", async () => {
  const { command, cwd } = commandOf("Test in the current file");
  const { status, stdout, stderr } = await run(command, { cwd, env: { NODE_TEST_CONTEXT: undefined } });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /pass 2/);
});
