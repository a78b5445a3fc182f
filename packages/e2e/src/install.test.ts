/** Runs the commands of docs/install.md and `pnpm demo` in a copy of the repository. */
import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, test } from "node:test";
import { npm, pnpm } from "@hello/testing/package-managers";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { copyEnv, RepositoryCopy } from "./repository-copy.js";
import { type ServerProcess, startServer } from "./server-process.js";
import { snippets } from "./snippets.js";
import { clientPackages, readJson, succeed } from "./tarballs.js";

const skip = process.platform === "win32" ? "the commands are for a POSIX shell" : requires("git").skip;

/** Commands of docs/install.md, in order. generators.test.ts runs the commands that rename and publish. */
const [add = "", pack = "", install = ""] = snippets(new URL("../../../docs/install.md", import.meta.url), "sh");

const program = `
  import { HelloClient } from "@hello/client";
  const client = new HelloClient(process.argv[2]);
  console.log(await client.hello("World"));
  client.close();`;

let server: ServerProcess;
let folder: string;
let copy: RepositoryCopy;
before(async () => {
  folder = mkdtempSync(join(tmpdir(), "hello-install-"));
  [server, copy] = await Promise.all([startServer(), RepositoryCopy.create()]);
});
after(async () => {
  await server.stop();
  copy[Symbol.dispose]();
  rmSync(folder, { recursive: true });
});

/** Creates a project that greets the world. */
function createProject(project: string, manifest: object): void {
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), JSON.stringify(manifest));
  writeFileSync(join(project, "main.mjs"), program);
}

/** Runs the program of a project, and checks its output. */
async function checkGreeting(project: string): Promise<void> {
  assert.equal(await succeed([process.execPath, "main.mjs", server.address], project), "Hello World\n");
}

test("adds the client to a package of the workspace, by docs/install.md", { skip }, async () => {
  const consumer = join(copy.folder, "packages", "consumer");
  createProject(consumer, { name: "consumer", version: "0.0.0", private: true });
  await copy.succeed(["sh", "-ec", `cd packages/consumer\n${add}`]);
  await checkGreeting(consumer);
  rmSync(consumer, { recursive: true });
});

test("installs the client from tarballs, without development tools, by docs/install.md", { skip }, async () => {
  const tarballs = join(folder, "tarballs");
  const project = join(folder, "project");
  createProject(project, {});
  await copy.succeed(["sh", "-ec", pack.replaceAll("/tmp/hello", tarballs)]);
  assert.ok(install.startsWith("npm install /tmp/hello/"));
  const command = install.replace("npm install", `${npm.join(" ")} install --prefer-offline --ignore-scripts=false`);
  await succeed(["sh", "-ec", command.replaceAll("/tmp/hello", tarballs)], project);
  await checkGreeting(project);

  const installed = readJson<{ packages: Record<string, { hasInstallScript?: boolean }> }>(
    project,
    "node_modules/.package-lock.json",
  ).packages;
  // protobufjs, a dependency of grpc-js, has an install script that only prints advice.
  assert.deepEqual(
    Object.keys(installed).filter((path) => installed[path]?.hasInstallScript),
    ["node_modules/protobufjs"],
  );
  for (const name of clientPackages) {
    const { devDependencies } = readJson<{ devDependencies: Readonly<Record<string, string>> }>(
      project,
      "node_modules/@hello",
      name,
      "package.json",
    );
    // grpc-js depends on @types/node.
    const tools = Object.keys(devDependencies).filter((tool) => tool !== "@types/node");
    assert.ok(tools.includes("typescript"));
    assert.deepEqual(
      tools.filter((tool) => `node_modules/${tool}` in installed),
      [],
    );
  }
});

test("pnpm demo fails with the reason when the build fails", async () => {
  writeFileSync(join(copy.folder, "packages/proto/src/index.ts"), "export const hello: number = 'Hello';\n");
  const { status, stdout, stderr } = await run([...pnpm, "demo"], {
    cwd: copy.folder,
    env: { ...copyEnv, TURBO_HASH: undefined },
  });
  assert.notEqual(status, 0, stdout);
  assert.match(stderr, /index\.ts\(1,14\): error TS2322/);
  assert.doesNotMatch(stdout, /Hello World/);
});
