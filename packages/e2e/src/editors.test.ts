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

/** Reads JSON whose comments are on separate lines. */
function readJsonc<T>(path: string): T {
  return JSON.parse(readFileSync(join(root, path), "utf8").replaceAll(/^\s*\/\/.*$/gm, "")) as T;
}

/** Returns whether a command line runs an existing script of this repository. */
function runsScript(command: string): boolean {
  const [, name, script = ""] = /^npx -y pnpm@12 (?:--filter (\S+) )?(\S+)$/.exec(command) ?? [];
  const manifest = join(root, name === undefined ? "" : `packages/${name}`, "package.json");
  const { scripts } = JSON.parse(readFileSync(manifest, "utf8")) as { scripts: Record<string, string> };
  return script in scripts;
}

/** Builds the command line of a launch configuration like VS Code. */
function buildCommand(name: string): { command: [string, ...string[]]; cwd: string } {
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

test("the editor's tasks run existing scripts, and include dev and test", () => {
  for (const { label, command } of tasks) {
    assert.ok(runsScript(command), `${label}: ${command}`);
  }
  for (const label of ["dev", "test"]) {
    assert.ok(tasks.some((task) => task.label === label));
  }
});

test("the editor's launch configurations wait for an existing task", () => {
  for (const { name, preLaunchTask } of configurations) {
    assert.ok(
      tasks.some(({ label }) => label === preLaunchTask),
      name,
    );
  }
});

test("the dev container runs the two commands of the README, and installs the programs that tests require", () => {
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

test("the launch configuration of the server starts a server", async () => {
  const { command, cwd } = buildCommand("Server");
  await using server = await serving(start(command, { cwd, env: { HELLO_ADDRESS: "127.0.0.1:0" } }));
  assert.match(server.address, /^127\.0\.0\.1:\d+$/);
});

test("the launch configuration of the client prints a greeting", async () => {
  await using server = await startServer();
  const { command, cwd } = buildCommand("Client");
  const { stdout, stderr } = await run(command, { cwd, env: { HELLO_TARGET: server.address } });
  assert.equal(stdout, "Hello World\n", stderr);
});

test("the launch configuration of a test runs the tests of the file", async () => {
  const { command, cwd } = buildCommand("Test in the current file");
  const { status, stdout, stderr } = await run(command, { cwd, env: { NODE_TEST_CONTEXT: undefined } });
  assert.equal(status, 0, stderr);
  assert.match(stdout, /pass 2/);
});
