/** Installs the packed packages in a project outside the repository, and uses them there. */
import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, test } from "node:test";
import { fileURLToPath } from "node:url";
import { npm } from "@hello/testing/package-managers";
import { run, start } from "@hello/testing/program";
import { buf } from "./buf.js";
import { bundledOutputs, bundledPrograms, twoServicesProgram, typedProgram } from "./packed-programs.js";
import { type ServerProcess, serving, startServer } from "./server-process.js";
import { publishedPackages as names, packTarballs, succeed, type Tarballs } from "./tarballs.js";
import { tsc } from "./tsc.js";

const page = readFileSync(new URL("../../../docs/grow.md", import.meta.url), "utf8");

/** Files of the project in docs/grow.md: the code blocks with a path. */
const growFiles = Object.fromEntries(
  [...page.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)].map(([, path = "", content = ""]) => [path, content]),
);

const files = {
  ...growFiles,
  ...bundledPrograms,
  "main.cjs": `
    const { HelloClient } = require("@hello/client");
    const client = new HelloClient(process.argv[2]);
    client.hello("CommonJS").then(console.log).finally(() => client.close());`,
  "two-services/package.json": "{}",
  "two-services/main.mjs": twoServicesProgram,
  "typed/main.mts": typedProgram,
  "typed/tsconfig.json": JSON.stringify({
    compilerOptions: { module: "nodenext", target: "es2022", strict: true, skipLibCheck: false, types: ["node"] },
  }),
};

let server: ServerProcess;
let tarballs: Tarballs;
let project: string;
before(async () => {
  [server, tarballs] = await Promise.all([startServer(), packTarballs()]);
  project = tarballs.createProject(files);
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

test("builds, tests and calls the project of docs/grow.md with the committed output of grpc-tools", async () => {
  const [, packages = ""] = /^npm install \S+\.tgz (.+)$/m.exec(page) ?? [];
  const [, nodeTypes = ""] = /^npm install --save-dev .*(@types\/node\S+)/m.exec(page) ?? [];
  await tarballs.install(project, ["grpc-common", "grpc-server", "grpc-client"], ...packages.split(" "), nodeTypes);
  // Instead of `npm run generate`, which downloads a compiler.
  const fixture = fileURLToPath(new URL("../fixtures/clock/", import.meta.url));
  assert.equal(growFiles["protos/clock.proto"], readFileSync(join(fixture, "clock.proto"), "utf8"));
  for (const name of ["clock_pb.js", "clock_pb.d.ts", "clock_grpc_pb.js", "clock_grpc_pb.d.ts"]) {
    cpSync(join(fixture, name), join(project, "gen", name));
  }
  cpSync(join(fixture, "clock.binpb"), join(project, "gen/descriptors.binpb"));

  await succeed([process.execPath, tsc], project);
  await succeed([...npm, "test"], project, { NODE_TEST_CONTEXT: undefined });
  await using server = await serving(
    start([process.execPath, "dist/main.js", "--address", "127.0.0.1:0"], { cwd: project }),
  );
  const [, curl = ""] = /^npx -y @bufbuild\/buf (curl .+)$/m.exec(page) ?? [];
  const args = curl.replace("localhost:50051", server.address).replaceAll("'", "").split(" ");
  assert.match(JSON.parse(await succeed([process.execPath, buf, ...args], project)).value, /^\d\d:\d\d$/);
});

describe("all packages, installed without install scripts", () => {
  before(() => tarballs.install(project, ["proto", "server", "client"], "@opentelemetry/sdk-trace-node@^2.12.0"));

  test("a CommonJS program runs", async () => {
    assert.equal(await succeed([process.execPath, "main.cjs", server.address], project), "Hello CommonJS\n");
  });

  test("a strict TypeScript program compiles, including the declarations of the packages, and runs", async () => {
    const folder = join(project, "typed");
    await succeed([process.execPath, tsc, "-p", folder], project);
    assert.equal(await succeed([process.execPath, "main.mjs"], folder), "Hello TypeScript\n");
  });

  test("the manifests contain no versions of the workspace", () => {
    for (const name of names) {
      const manifest = readFileSync(join(project, "node_modules/@hello", name, "package.json"), "utf8");
      assert.doesNotMatch(manifest, /workspace:|catalog:/);
    }
  });

  test("npm runs the programs of the packages", async () => {
    const command = "hello-client --help && hello-server --help";
    const help = await succeed([...npm, "exec", "--offline", "--call", command], project);
    assert.match(help, /^Usage: hello-client .*^Usage: hello-server /ms);
  });

  test("one process serves two contracts behind an interceptor", async () => {
    const folder = join(project, "two-services");
    cpSync(fileURLToPath(new URL("../../testing/gen", import.meta.url)), join(folder, "gen"), { recursive: true });
    const { status, stdout, stderr } = await run([process.execPath, "main.mjs", buf], { cwd: folder });
    assert.equal(status, 0, stderr);
    assert.deepEqual(stdout.trimEnd().split("\n"), [
      "Hello World",
      "again",
      "SERVING",
      "UNAUTHENTICATED",
      "Hello",
      "grpc.health.v1.Health",
      "grpc.reflection.v1.ServerReflection",
      "grpc.reflection.v1alpha.ServerReflection",
      "testing.v1.Echo",
    ]);
  });

  describe("bundled into a folder without node_modules", () => {
    let folder: string;
    before(async () => {
      folder = mkdtempSync(join(tmpdir(), "hello-bundle-"));
      const bundler = fileURLToPath(new URL("bundle.mjs", import.meta.url));
      await succeed([process.execPath, bundler, project, folder, ...Object.keys(bundledPrograms)], project);
    });
    after(() => rmSync(folder, { recursive: true }));

    for (const form of ["esbuild-cjs", "esbuild-esm", "rollup-esm", "vite-esm"]) {
      test(`programs call, serve and trace as ${form}`, async () => {
        const cwd = join(folder, form);
        for (const [name, output] of Object.entries(bundledOutputs)) {
          const file = readdirSync(cwd).find((entry) => entry.startsWith(`${name}.`)) ?? "missing";
          const { stdout, stderr } = await run([process.execPath, file, server.address], {
            cwd,
            env: { NODE_PATH: "" },
          });
          assert.equal(stdout.trimEnd(), output, stderr);
        }
      });
    }
  });
});
