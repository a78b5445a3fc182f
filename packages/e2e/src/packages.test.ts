import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { npm } from "@hello/testing/package-managers";
import { type ServerProcess, startServer } from "./server-process.js";
import {
  clientPackages,
  publishedPackages as names,
  packTarballs,
  readJson,
  succeed,
  type Tarballs,
} from "./tarballs.js";
import { tsc } from "./tsc.js";

const require = createRequire(import.meta.url);

interface Manifest {
  readonly devDependencies: Readonly<Record<string, string>>;
}

let tarballs: Tarballs;
let server: ServerProcess;

before(async () => {
  [server, tarballs] = await Promise.all([startServer(), packTarballs()]);
});
after(async () => {
  await server.stop();
  tarballs[Symbol.dispose]();
});

for (const name of names) {
  test(`@hello/${name} contains exactly the files that its users need`, () => {
    const files = tarballs.files[name];
    const contract = ["protos/hello.proto", "gen/descriptors.binpb", "gen/hello_pb.d.ts", "gen/hello_pb.js"];
    const required = ["LICENSE", "README.md", "package.json", "dist/index.js", "dist/index.d.ts"];
    for (const file of name === "proto" ? [...required, ...contract] : required) {
      assert.ok(files.includes(file), `${file} is missing`);
    }
    const allowed = /^(LICENSE|README\.md|package\.json|dist\/.*\.(js|d\.ts|js\.map)|(gen|protos)\/.*)$/;
    assert.deepEqual(
      files.filter((file) => !allowed.test(file) || /\.test\.|tsbuildinfo/.test(file)),
      [],
    );
  });
}

test("an ES module runs with @hello/client, which installs no development tool", async () => {
  const program = `
    import { HelloClient } from "@hello/client";
    const client = new HelloClient(process.argv[2]);
    console.log(await client.hello("ESM"));
    client.close();`;
  const project = await tarballs.createProject({ "main.mjs": program }, clientPackages, "--ignore-scripts=false");
  assert.equal(await succeed([process.execPath, "main.mjs", server.address], project), "Hello ESM\n");

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
    const manifest = readJson<Manifest>(project, "node_modules/@hello", name, "package.json");
    // grpc-js depends on @types/node.
    const tools = Object.keys(manifest.devDependencies).filter((tool) => tool !== "@types/node");
    assert.ok(tools.includes("typescript"));
    assert.deepEqual(
      tools.filter((tool) => `node_modules/${tool}` in installed),
      [],
    );
  }
});

test("a CommonJS program runs with @hello/client, without install scripts", async () => {
  const program = `
    const { HelloClient } = require("@hello/client");
    const client = new HelloClient(process.argv[2]);
    client.hello("CommonJS").then(console.log).finally(() => client.close());`;
  const project = await tarballs.createProject({ "main.cjs": program }, clientPackages, "--ignore-scripts");
  assert.equal(await succeed([process.execPath, "main.cjs", server.address], project), "Hello CommonJS\n");
});

test("a strict TypeScript program compiles with all packages, including their declarations, and runs", async () => {
  const program = `
    import { HelloClient, type HelloClientOptions, RpcError } from "@hello/client";
    import { HelloRequest } from "@hello/proto";
    import { createHelloServer, hello } from "@hello/server";
    import type { GrpcServer } from "@hello/grpc-server";

    const server: GrpcServer = createHelloServer({ addresses: ["127.0.0.1:0"] });
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
  const project = await tarballs.createProject(
    { "main.mts": program, "tsconfig.json": tsconfig },
    names,
    "--ignore-scripts",
    `@types/node@${types.version}`,
  );
  await succeed([process.execPath, tsc], project);
  assert.equal(await succeed([process.execPath, "main.mjs"], project), "Hello TypeScript\n");

  for (const name of names) {
    const manifest = readFileSync(join(project, "node_modules/@hello", name, "package.json"), "utf8");
    assert.doesNotMatch(manifest, /workspace:|catalog:/);
  }
  for (const program of ["hello-client", "hello-server"]) {
    assert.match(await succeed([...npm, "exec", "--offline", "--", program, "--help"], project), /^Usage: /);
  }
});
