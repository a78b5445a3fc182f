import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { npm } from "@hello/testing/package-managers";
import { run } from "@hello/testing/program";
import { requires } from "@hello/testing/requires";
import { type ServerProcess, startServer } from "./server-process.js";
import { snippets } from "./snippets.js";
import { succeed } from "./tarballs.js";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const skip = process.platform === "win32" ? "the commands are for a POSIX shell" : requires("git").skip;

/** Commands of docs/install.md, in order. rename.test.ts runs the commands that rename and publish. */
const [add = "", pack = "", install = ""] = snippets(new URL("docs/install.md", `file://${root}`), "sh");

const program = `
  import { HelloClient } from "@hello/client";
  const client = new HelloClient(process.argv[2]);
  console.log(await client.hello("World"));
  client.close();`;

let server: ServerProcess;
let folder: string;
let copy: string;
before(async () => {
  server = await startServer();
  folder = mkdtempSync(join(tmpdir(), "hello-install-"));
  copy = join(folder, "hello");
  const made = ["node_modules", ".turbo", ".git"];
  cpSync(root, copy, { recursive: true, filter: (path) => !made.includes(basename(path)) });
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Runs commands of the page in a shell, like a terminal outside of any script. */
async function runShell(commands: string, cwd: string): Promise<string> {
  const env = { pnpm_config_verify_deps_before_run: undefined, TURBO_HASH: undefined, CI: undefined };
  const { status, stdout, stderr } = await run(["sh", "-ec", commands], { cwd, env });
  assert.equal(status, 0, `${commands}\n${stdout}${stderr}`);
  return stdout;
}

test("adds the client to a package of the workspace, by docs/install.md", { skip }, async () => {
  const consumer = join(copy, "packages", "consumer");
  mkdirSync(consumer);
  writeFileSync(join(consumer, "package.json"), '{ "name": "consumer", "version": "0.0.0", "private": true }');
  writeFileSync(join(consumer, "main.mjs"), program);
  await runShell(add, consumer);
  assert.equal(await succeed([process.execPath, "main.mjs", server.address], consumer), "Hello World\n");
  rmSync(consumer, { recursive: true });
});

test("installs the client from tarballs in a project, by docs/install.md", { skip }, async () => {
  const tarballs = join(folder, "tarballs");
  const project = join(folder, "project");
  mkdirSync(project);
  writeFileSync(join(project, "package.json"), "{}");
  writeFileSync(join(project, "main.mjs"), program);
  await runShell(pack.replaceAll("/tmp/hello", tarballs), copy);
  assert.ok(install.startsWith("npm install /tmp/hello/"));
  await runShell(install.replace("npm", npm.join(" ")).replaceAll("/tmp/hello", tarballs), project);
  assert.equal(await succeed([process.execPath, "main.mjs", server.address], project), "Hello World\n");
});
