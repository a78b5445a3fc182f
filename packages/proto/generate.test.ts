import assert from "node:assert/strict";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { test } from "node:test";
import { run } from "@hello/testing/program";
import { copyPackage, type PackageCopy } from "./package-copy.js";

const whatToDo = /Changed on purpose\? Run "pnpm generate", which downloads the compiler, and commit what it writes\./;

/** The record and all of gen/. */
function state(copy: PackageCopy): Record<string, string> {
  const files = ["gen.sha256", ...readdirSync(join(copy.folder, "gen")).map((file) => `gen/${file}`)];
  return Object.fromEntries(files.map((file) => [file, copy.read(file)]));
}

/** A mirror of grpc-tools' downloads with this in the place of the compiler, or with nothing. */
async function startMirror(compiler?: string) {
  const folder = mkdtempSync(join(tmpdir(), "hello-mirror-"));
  const archive = join(folder, "archive.tar.gz");
  if (compiler !== undefined) {
    mkdirSync(join(folder, "bin"));
    for (const program of ["protoc", "grpc_node_plugin"]) {
      writeFileSync(join(folder, "bin", program), `#!${process.execPath}\n${compiler}`, { mode: 0o755 });
    }
    assert.equal((await run(["tar", "-czf", archive, "-C", folder, "bin"])).status, 0);
  }
  const requests: string[] = [];
  const server = createServer((request, response) => {
    requests.push(request.url ?? "");
    response.writeHead(compiler === undefined ? 404 : 200).end(compiler === undefined ? "" : readFileSync(archive));
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  const { port } = server.address() as AddressInfo;
  return {
    requests,
    /** Variables that lead there, and not by way of any proxy. */
    env: {
      CI: undefined,
      http_proxy: undefined,
      HTTP_PROXY: undefined,
      npm_config_proxy: undefined,
      npm_config_grpc_tools_binary_host_mirror: `http://127.0.0.1:${port}/`,
    },
    [Symbol.dispose]() {
      server.close();
      rmSync(folder, { recursive: true });
    },
  };
}

/** Stands for protoc: writes what it read, and the flags it was given. */
const fakeCompiler = `
  const { accessSync, constants, readFileSync, writeFileSync } = require("node:fs");
  const flag = (name) => process.argv.find((arg) => arg.startsWith("--" + name + "=")).slice(name.length + 3);
  accessSync(flag("plugin=protoc-gen-grpc"), constants.X_OK);
  accessSync(flag("plugin=protoc-gen-ts"), constants.X_OK);
  const folder = flag("js_out").split(":")[1];
  writeFileSync(folder + "/hello_pb.js", readFileSync(process.argv.at(-1)));
  writeFileSync(flag("descriptor_set_out"), "descriptors");`;

test("what was made from this contract needs no compiler and no network, in CI or elsewhere", async () => {
  using copy = copyPackage();
  using mirror = await startMirror();
  const before = state(copy);
  for (const CI of [undefined, "true"]) {
    const { status, stdout, stderr } = await copy.run("generate.ts", { ...mirror.env, CI });
    assert.equal(status, 0, stderr);
    assert.match(stdout, /up to date/);
  }
  assert.deepEqual(state(copy), before);
  assert.deepEqual(mirror.requests, []);
});

const changes: Record<string, (copy: PackageCopy) => void> = {
  "a changed contract": (copy) => copy.replace("hello.proto", "value = 1", "value = 2"),
  "one changed byte in gen/": (copy) => copy.replace("gen/hello_grpc_pb.d.ts", "import", "Import"),
  "a file too many in gen/": (copy) => copy.write("gen/other.js", ""),
  "a file too few in gen/": (copy) => rmSync(join(copy.folder, "gen", "hello_pb.d.ts")),
  "no gen/ at all": (copy) => rmSync(join(copy.folder, "gen"), { recursive: true }),
  "another compiler's record": (copy) => copy.replace("gen.sha256", "grpc-tools 1.", "grpc-tools 0."),
  "no record": (copy) => rmSync(join(copy.folder, "gen.sha256")),
};
for (const [what, change] of Object.entries(changes)) {
  test(`${what} fails in CI, which downloads nothing, and says what to run`, async () => {
    using copy = copyPackage();
    using mirror = await startMirror(fakeCompiler);
    change(copy);
    const { status, stderr } = await copy.run("generate.ts", { ...mirror.env, CI: "true" });
    assert.equal(status, 1);
    assert.match(stderr, whatToDo);
    assert.deepEqual(mirror.requests, []);
  });
}

test("where the compiler cannot be had, a changed contract fails and says what to do; gen/ stays", async () => {
  using copy = copyPackage();
  using mirror = await startMirror();
  copy.replace("hello.proto", "value = 1", "value = 2");
  const before = state(copy);
  const { status, stderr } = await copy.run("generate.ts", mirror.env);
  assert.equal(status, 1);
  assert.match(stderr, whatToDo);
  assert.match(stderr, /npm_config_grpc_tools_binary_host_mirror/);
  assert.deepEqual(state(copy), before);
  assert.equal(mirror.requests.length, 1);
});

// Windows runs no script in the place of protoc.exe.
if (process.platform !== "win32") {
  test("a changed contract is compiled with the downloaded compiler, which replaces gen/ and its record", async () => {
    using copy = copyPackage();
    using mirror = await startMirror(fakeCompiler);
    copy.replace("hello.proto", "value = 1", "value = 2");
    const [versions] = copy.read("gen.sha256").split("\n");
    const { status, stderr } = await copy.run("generate.ts", mirror.env);
    assert.equal(status, 0, stderr);
    assert.equal(mirror.requests.length, 1);
    const sum = (content: string) => createHash("sha256").update(content, "latin1").digest("hex");
    const contract = copy.read("hello.proto");
    assert.deepEqual(state(copy), {
      "gen/hello_pb.js": contract,
      "gen/hello.binpb": "descriptors",
      "gen.sha256": `${versions}
${sum("descriptors")}  gen/hello.binpb
${sum(contract)}  gen/hello_pb.js
${sum(contract)}  hello.proto
`,
    });

    // The compiler is there now, and runs whenever it is asked.
    copy.write("gen/hello.binpb", "changed");
    const again = await copy.run("generate.ts", { ...mirror.env, CI: "true" });
    assert.equal(again.status, 0, again.stderr);
    assert.equal(copy.read("gen/hello.binpb"), "descriptors");
    assert.equal(mirror.requests.length, 1);
  });

  test("--download gets the compiler though gen/ is up to date, even in CI", async () => {
    using copy = copyPackage();
    using mirror = await startMirror(fakeCompiler);
    const { status, stderr } = await copy.run("generate.ts", { ...mirror.env, CI: "true" }, "--download");
    assert.equal(status, 0, stderr);
    assert.equal(copy.read("gen/hello.binpb"), "descriptors");
  });

  test("a compiler that fails leaves gen/ as it was", async () => {
    using copy = copyPackage();
    using mirror = await startMirror(`${fakeCompiler}; console.error("hello.proto:1: no"); process.exit(1);`);
    copy.replace("hello.proto", "value = 1", "value = ");
    const before = state(copy);
    const { status, stderr } = await copy.run("generate.ts", mirror.env);
    assert.equal(status, 1);
    assert.match(stderr, /hello\.proto:1: no\nThe compiler failed \(see above\); gen\/ is as it was\.\n$/);
    assert.deepEqual(state(copy), before);
    assert.ok(!readdirSync(copy.folder).includes("gen.tmp"));
  });
}
