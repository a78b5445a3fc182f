/** Runs `pnpm gen rename` in a copy of the repository. */
import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { pnpm } from "@hello/testing/package-managers";
import { requires } from "@hello/testing/requires";
import { RepositoryCopy } from "./repository-copy.js";
import { snippets } from "./snippets.js";

const git = requires("git");
const skip = process.platform === "win32" ? "the commands are for a POSIX shell" : git.skip;
let copy: RepositoryCopy;

before(async () => {
  copy = await RepositoryCopy.create();
});
after(() => copy[Symbol.dispose]());

/** Runs commands of the docs in the copy. */
function runShell(commands: string): Promise<string> {
  return copy.succeed(["sh", "-ec", commands]);
}

test("builds, checks, tests and publishes packages with another scope and name", { skip }, async () => {
  const [rename = "", publish = ""] = snippets(new URL("../../../docs/install.md", import.meta.url), "sh").slice(-2);
  const before = copy.read("pnpm-lock.yaml");
  // The repository itself may have been renamed as in the docs.
  await runShell(`${rename.trim().replace("@acme", "@other-scope")} --name OtherName`);
  assert.equal(copy.read("pnpm-lock.yaml"), before.replaceAll("@hello/", "@other-scope/"));
  const oldNames = "@hello/|hello-server|hello-client|HelloClientOptions|createHelloServer|HELLO_ADDRESS";
  const found = await copy.run([git.program, "grep", "--no-index", "--exclude-standard", "-lE", oldNames]);
  assert.equal(found.stdout, "");
  assert.equal(found.status, 1);

  // The commands build first, so the scripts that build before a publish are not needed.
  await runShell(publish.replace("--no-git-checks", "--no-git-checks --dry-run --ignore-scripts"));
  const filters = ["--filter=proto", "--filter=server", "--filter=client"];
  await copy.check(...filters);
  await copy.succeed([...pnpm, ...filters, "test"]);
  assert.equal(await runShell("pnpm demo"), "Hello World\n");
});
