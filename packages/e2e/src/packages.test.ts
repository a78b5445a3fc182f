import assert from "node:assert/strict";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { npm, pnpm } from "@hello/testing/package-managers";
import { run } from "@hello/testing/program";
import { type ServerProcess, startServer } from "./server-process.js";

const require = createRequire(import.meta.url);

const names = ["proto", "client", "server"] as const;
type Name = (typeof names)[number];

/** Outside the repository, where nothing is found by accident. */
const folder = mkdtempSync(join(tmpdir(), "hello-packages-"));
const tarballs = {} as Record<Name, { readonly path: string; readonly files: readonly string[] }>;
let server: ServerProcess;

before(async () => {
  server = await startServer();
  for (const name of names) {
    const path = join(folder, `${name}.tgz`);
    const source = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    const { files } = JSON.parse(await succeed([...pnpm, "pack", "--json", "--out", path], source));
    tarballs[name] = { path, files: files.map((file: { path: string }) => file.path) };
  }
});
after(async () => {
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Runs a command that must succeed, and resolves with its output. */
async function succeed(command: readonly [string, ...string[]], cwd: string): Promise<string> {
  const { status, stdout, stderr } = await run(command, { cwd });
  assert.equal(status, 0, `${command.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

function readJson<Content>(...path: string[]): Content {
  return JSON.parse(readFileSync(join(...path), "utf8")) as Content;
}

/** Makes a project with these files and installs packages there as its user would, but from their tarballs. */
async function makeProject(files: Readonly<Record<string, string>>, install: readonly Name[], ...args: string[]) {
  const project = mkdtempSync(join(folder, "project-"));
  for (const [name, content] of Object.entries({ "package.json": "{}", ...files })) {
    writeFileSync(join(project, name), content);
  }
  const paths = install.map((name) => tarballs[name].path);
  await succeed([...npm, "install", "--prefer-offline", "--no-audit", "--no-fund", ...args, ...paths], project);
  return project;
}

for (const name of names) {
  test(`@hello/${name} holds what its users need, and nothing else`, () => {
    const { files } = tarballs[name];
    const generated = ["hello.proto", "gen/hello.binpb", "gen/hello_pb.d.ts", "gen/hello_pb.js"];
    const needed = ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts"];
    for (const file of name === "proto" ? [...needed, ...generated] : needed) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    const wanted = /^(LICENSE|README\.md|package\.json|dist\/.*\.(js|d\.ts|js\.map)|(gen\/.*|hello\.proto))$/;
    assert.deepEqual(
      files.filter((file) => !wanted.test(file) || /\.test\.|tsbuildinfo/.test(file)),
      [],
    );
  });
}

test("an ES module greets with @hello/client, which brings no development tool", async () => {
  const program = `
    import { HelloClient } from "@hello/client";
    const client = new HelloClient(process.argv[2]);
    console.log(await client.hello("ESM"));
    client.close();`;
  const project = await makeProject({ "main.mjs": program }, ["proto", "client"], "--ignore-scripts=false");
  assert.equal(await succeed([process.execPath, "main.mjs", server.address], project), "Hello ESM\n");

  const installed = readJson<{ packages: Record<string, { hasInstallScript?: boolean }> }>(
    project,
    "node_modules/.package-lock.json",
  ).packages;
  // That of protobufjs, which comes with grpc-js, only prints advice.
  assert.deepEqual(
    Object.keys(installed).filter((path) => installed[path]?.hasInstallScript),
    ["node_modules/protobufjs"],
  );
  for (const name of ["proto", "client"]) {
    const manifest = readJson<Manifest>(project, "node_modules/@hello", name, "package.json");
    // grpc-js brings @types/node.
    const tools = Object.keys(manifest.devDependencies).filter((tool) => tool !== "@types/node");
    assert.ok(tools.includes("typescript"));
    assert.deepEqual(
      tools.filter((tool) => `node_modules/${tool}` in installed),
      [],
    );
  }
});

test("a CommonJS program greets with @hello/client, without any install script", async () => {
  const program = `
    const { HelloClient } = require("@hello/client");
    const client = new HelloClient(process.argv[2]);
    client.hello("CommonJS").then(console.log).finally(() => client.close());`;
  const project = await makeProject({ "main.cjs": program }, ["proto", "client"], "--ignore-scripts");
  assert.equal(await succeed([process.execPath, "main.cjs", server.address], project), "Hello CommonJS\n");
});

test("a strict TypeScript program greets with client, server and contract, their declarations checked", async () => {
  const program = `
    import { HelloClient, type HelloClientOptions, RpcError } from "@hello/client";
    import { HelloRequest } from "@hello/proto";
    import { createHelloServer, hello, type HelloServer } from "@hello/server";

    const server: HelloServer = createHelloServer({ addresses: ["127.0.0.1:0"] });
    const [address = ""] = await server.start();
    const options: HelloClientOptions = { timeoutMs: 10_000 };
    const client = new HelloClient(address, options);
    const name: string = new HelloRequest().setValue("TypeScript").getValue();
    try {
      const greeting: string = await client.hello(name);
      console.log(greeting === hello(name) ? greeting : "another greeting");
    } catch (error) {
      console.error(error instanceof RpcError ? error.status : error);
    }
    client.close();
    await server.shutdown();`;
  const tsconfig = JSON.stringify({
    compilerOptions: { module: "nodenext", target: "es2022", strict: true, skipLibCheck: false, types: ["node"] },
  });
  const types = readJson<{ version: string }>(dirname(require.resolve("@types/node/package.json")), "package.json");
  const project = await makeProject(
    { "main.mts": program, "tsconfig.json": tsconfig },
    names,
    "--ignore-scripts",
    `@types/node@${types.version}`,
  );
  await succeed([process.execPath, join(dirname(require.resolve("typescript/package.json")), "bin/tsc")], project);
  assert.equal(await succeed([process.execPath, "main.mjs"], project), "Hello TypeScript\n");

  for (const name of names) {
    const manifest = readFileSync(join(project, "node_modules/@hello", name, "package.json"), "utf8");
    assert.doesNotMatch(manifest, /workspace:|catalog:/);
  }
  for (const program of ["hello-client", "hello-server"]) {
    assert.match(await succeed([...npm, "exec", "--offline", "--", program, "--help"], project), /^Usage: /);
  }
});
