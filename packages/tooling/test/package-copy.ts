/** Copy of a package with contracts and of the tooling, outside the repository, for tests that change files. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { basename, dirname, join } from "node:path";
import { type Outcome, run } from "@hello/testing/program";
import { buildSync } from "esbuild";

const packages = join(__dirname, "../..");
// Compiled once, because tsx compiles the scripts of each copy.
const { outputFiles: scripts } = buildSync({
  entryPoints: ["generate.ts", "check-contracts.ts"].map((script) => join(__dirname, "../src", script)),
  outdir: "packages/tooling/src",
  bundle: true,
  platform: "node",
  packages: "external",
  write: false,
});

/** Copy of a package, without the compiler of grpc-tools. Disposing deletes the copy. */
export interface PackageCopy extends Disposable {
  readonly folder: string;
  /** Reads a file, byte for byte. */
  read(file: string): string;
  write(file: string, content: string): void;
  /** Replaces the first match in a file. Fails the test if there is none. */
  replace(file: string, search: string | RegExp, replacement: string): void;
  remove(file: string): void;
  /**
   * Runs a compiled script of the tooling.
   *
   * @param env Environment variables added to those of this process.
   * @param cwd Working directory relative to the folder of the package. Default: that folder.
   */
  run(
    script: string,
    args?: readonly string[],
    env?: Readonly<Record<string, string | undefined>>,
    cwd?: string,
  ): Promise<Outcome>;
}

/** Copies a package that has contracts. */
export function copyPackage(name = "proto"): PackageCopy {
  const root = mkdtempSync(join(tmpdir(), "contracts-"));
  const folder = join(root, "packages", name);
  const original = join(packages, name);
  cpSync(original, folder, {
    recursive: true,
    filter: (file) => !["node_modules", "src", "dist"].some((part) => file === join(original, part)),
  });
  mkdirSync(join(root, "packages/tooling/src"), { recursive: true });
  for (const { path, contents } of scripts) {
    writeFileSync(join(root, "packages/tooling/src", basename(path)), contents);
  }
  cpSync(join(__dirname, "../package.json"), join(root, "packages/tooling/package.json"));
  linkTools(join(root, "packages/tooling/node_modules"));

  const read = (file: string) => readFileSync(join(folder, file), "latin1");
  function write(file: string, content: string) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    writeFileSync(join(folder, file), content, "latin1");
  }
  return {
    folder,
    read,
    write,
    replace(file, search, replacement) {
      const before = read(file);
      const after = before.replace(search, replacement);
      assert.notEqual(after, before, `${file} does not contain ${search}`);
      write(file, after);
    },
    remove: (file) => rmSync(join(folder, file), { recursive: true }),
    run: (script, args = [], env = {}, cwd = ".") =>
      run([process.execPath, join(root, "packages/tooling/src", script), ...args], {
        cwd: join(folder, cwd),
        env,
      }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

/** Links the dependencies of the tooling. Copies grpc-tools, because its compiler is downloaded into its folder. */
function linkTools(folder: string): void {
  mkdirSync(join(folder, "@mapbox"), { recursive: true });
  const link = (source: string, name: string) => symlinkSync(source, join(folder, name), "junction");
  const original = join(__dirname, "../node_modules");
  for (const name of readdirSync(original).filter((name) => name !== "grpc-tools")) {
    link(join(original, name), name);
  }
  const grpcTools = require.resolve("grpc-tools/package.json");
  cpSync(dirname(grpcTools), join(folder, "grpc-tools"), {
    recursive: true,
    filter: (file) => !/bin[\\/](protoc|grpc_node_plugin)(\.exe)?$/.test(file),
  });
  link(dirname(createRequire(grpcTools).resolve("@mapbox/node-pre-gyp/package.json")), "@mapbox/node-pre-gyp");
}
