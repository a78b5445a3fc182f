import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, realpathSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { run } from "@hello/testing/program";

const source = fileURLToPath(new URL("../../grpc-client", import.meta.url));
const folder = realpathSync(mkdtempSync(join(tmpdir(), "hello-xds-")));
after(() => rmSync(folder, { recursive: true }));

/** Creates a project with @hello/grpc-client and the given packages, and returns its folder. */
function createProject(name: string, packages: Readonly<Record<string, readonly [version: string, code: string]>>) {
  const project = join(folder, name);
  const client = join(project, "node_modules/@hello/grpc-client");
  for (const dependency of ["@grpc/grpc-js", "@hello/grpc-common"]) {
    const link = join(client, "node_modules", dependency);
    mkdirSync(join(link, ".."), { recursive: true });
    symlinkSync(realpathSync(join(source, "node_modules", dependency)), link, "junction");
  }
  cpSync(join(source, "package.json"), join(client, "package.json"));
  cpSync(join(source, "dist"), join(client, "dist"), { recursive: true });
  for (const [path, [version, code]] of Object.entries(packages)) {
    const target = join(project, "node_modules", path);
    mkdirSync(target, { recursive: true });
    writeFileSync(join(target, "package.json"), JSON.stringify({ name: path, version, main: "main.js" }));
    writeFileSync(join(target, "main.js"), code);
  }
  return project;
}

/** Runs statements in a project and then creates a client with the scheme xds. Returns "created" or the error. */
async function createClient(project: string, statements = ""): Promise<string> {
  const program = `
    import { createRequire } from "node:module";
    import { ServiceClient } from "@hello/grpc-client";
    const require = createRequire(import.meta.resolve("@hello/grpc-client"));
    ${statements}
    try {
      new ServiceClient("xds:///echo").close();
      console.log("created");
    } catch (error) {
      console.log(String(error));
    }`;
  writeFileSync(join(project, "main.mjs"), program);
  const { stdout, stderr } = await run([process.execPath, "main.mjs"], { cwd: project, env: { NODE_PATH: "" } });
  assert.equal(stderr, "");
  return stdout.trimEnd();
}

const xds = `exports.register = () => require("@grpc/grpc-js").experimental.registerResolver("xds", class {});`;

test("reports the copy of grpc-js that @grpc/grpc-js-xds registers with, if it differs", async () => {
  const project = createProject("other-copy", {
    "@grpc/grpc-js-xds": ["1.12.0", xds],
    "@grpc/grpc-js": ["1.12.3", "exports.experimental = { registerResolver() {} };"],
  });
  const copy = join(project, "node_modules/@grpc/grpc-js");
  assert.equal(
    await createClient(project),
    'TypeError: invalid target "xds:///echo": ' +
      `@grpc/grpc-js-xds uses another copy of @grpc/grpc-js, 1.12.3 in ${copy}; install one for both`,
  );
});

test("reports a nested copy of grpc-js too", async () => {
  const nested = "@grpc/grpc-js-xds/node_modules/@grpc/grpc-js";
  const project = createProject("nested-copy", {
    "@grpc/grpc-js-xds": ["1.12.0", xds],
    [nested]: ["1.13.0", "exports.experimental = { registerResolver() {} };"],
  });
  assert.match(await createClient(project), new RegExp(`another copy of @grpc/grpc-js, 1\\.13\\.0 in .*${nested};`));
});

test("reports that the xds package is missing", async () => {
  assert.equal(
    await createClient(createProject("missing", {})),
    'TypeError: invalid target "xds:///echo": xds needs the package @grpc/grpc-js-xds, which cannot be loaded: ' +
      "Cannot find module '@grpc/grpc-js-xds'",
  );
});

test("accepts the scheme xds when the program has registered it", async () => {
  const resolver = `class { static getDefaultAuthority() { return "a"; } updateResolution() {} destroy() {} }`;
  const register = `require("@grpc/grpc-js").experimental.registerResolver("xds", ${resolver});`;
  assert.equal(await createClient(createProject("registered", {}), register), "created");
});
