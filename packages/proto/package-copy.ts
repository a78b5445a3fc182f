/** For tests that break this package or install tools in it: a copy of it, outside the repository. */
import assert from "node:assert/strict";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Outcome, run } from "@hello/testing/program";

/** A copy of this package, without a compiler of grpc-tools. Disposing deletes it. */
export interface PackageCopy extends Disposable {
  readonly folder: string;
  /** A file's content, byte for byte. */
  read(file: string): string;
  write(file: string, content: string): void;
  /** Changes one place of a file. */
  replace(file: string, search: string | RegExp, replacement: string): void;
  /** Runs one of its scripts with variables on top of this process's own. */
  run(script: string, env: Readonly<Record<string, string | undefined>>, ...args: string[]): Promise<Outcome>;
}

/** Copies this package. */
export function copyPackage(): PackageCopy {
  const root = mkdtempSync(join(tmpdir(), "hello-proto-"));
  const folder = join(root, "packages", "proto");
  for (const file of ["hello.proto", "gen", "gen.sha256", "package.json", "generate.ts", "check-contract.ts"]) {
    cpSync(join(__dirname, file), join(folder, file), { recursive: true });
  }
  for (const file of ["tsconfig.json", "../../tsconfig.base.json"]) {
    cpSync(join(__dirname, file), join(folder, file));
  }
  linkDependencies(join(folder, "node_modules"));
  const read = (file: string) => readFileSync(join(folder, file), "latin1");
  const write = (file: string, content: string) => writeFileSync(join(folder, file), content, "latin1");
  return {
    folder,
    read,
    write,
    replace(file, search, replacement) {
      const before = read(file);
      const after = before.replace(search, replacement);
      assert.ok(after !== before, `${file} has no ${search}`);
      write(file, after);
    },
    run: (script, env, ...args) => run([process.execPath, "--import=tsx", script, ...args], { cwd: folder, env }),
    [Symbol.dispose]: () => rmSync(root, { recursive: true }),
  };
}

function linkDependencies(folder: string): void {
  mkdirSync(join(folder, "@mapbox"), { recursive: true });
  const link = (source: string, name: string) => symlinkSync(source, join(folder, name), "junction");
  const original = join(__dirname, "node_modules");
  for (const name of readdirSync(original).filter((name) => name !== "grpc-tools")) {
    link(join(original, name), name);
  }
  // A compiler goes into grpc-tools itself.
  const grpcTools = require.resolve("grpc-tools/package.json");
  cpSync(dirname(grpcTools), join(folder, "grpc-tools"), {
    recursive: true,
    filter: (file) => !/bin[\\/](protoc|grpc_node_plugin)(\.exe)?$/.test(file),
  });
  const installer = createRequire(grpcTools).resolve("@mapbox/node-pre-gyp/package.json");
  link(dirname(installer), "@mapbox/node-pre-gyp");
}
