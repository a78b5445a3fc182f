import assert from "node:assert/strict";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pnpm } from "@hello/testing/package-managers";
import { run } from "@hello/testing/program";

/** Names of the published packages, without their scope. */
export const publishedPackages = ["proto", "grpc-common", "grpc-server", "grpc-client", "server", "client"] as const;

/** Name of a published package, without its scope. */
export type PackageName = (typeof publishedPackages)[number];

/** Packages to install for a client: its own, and its dependencies in this repository. */
export const clientPackages: readonly PackageName[] = ["proto", "grpc-common", "grpc-client", "client"];

/** Packed packages, and projects outside the repository that install them. */
export interface Tarballs extends Disposable {
  /** Files in the tarball of a package. */
  readonly files: Readonly<Record<PackageName, readonly string[]>>;
  /** Creates a project with files, and returns its folder. */
  createProject(files: Readonly<Record<string, string>>): string;
  /** Installs packages in a project from their tarballs, without install scripts and optional dependencies. */
  install(project: string, names: readonly PackageName[], ...others: string[]): Promise<void>;
}

/** Environment variables that skip the build before a package is packed. Tests run after the build. */
const isBuilt = { pnpm_config_ignore_scripts: "true" };

/** Packs the published packages. */
export async function packTarballs(): Promise<Tarballs> {
  // Outside the repository, so that no dependency of the repository is found by accident.
  const folder = mkdtempSync(join(tmpdir(), "hello-packages-"));
  const files = {} as Record<PackageName, readonly string[]>;
  for (const name of publishedPackages) {
    const source = fileURLToPath(new URL(`../../${name}`, import.meta.url));
    const out = await succeed([...pnpm, "pack", "--json", "--out", join(folder, `${name}.tgz`)], source, isBuilt);
    files[name] = (JSON.parse(out) as { files: { path: string }[] }).files.map(({ path }) => path);
  }
  return {
    files,
    createProject(content) {
      const project = mkdtempSync(join(folder, "project-"));
      for (const [name, text] of Object.entries(content)) {
        mkdirSync(dirname(join(project, name)), { recursive: true });
        writeFileSync(join(project, name), text);
      }
      return project;
    },
    async install(project, names, ...others) {
      const path = (name: PackageName) => join(folder, `${name}.tgz`);
      // The packages depend on each other by versions, which no registry has.
      const overrides = Object.fromEntries(publishedPackages.map((name) => [`@hello/${name}`, `file:${path(name)}`]));
      writeFileSync(join(project, "pnpm-workspace.yaml"), JSON.stringify({ overrides }));
      // No program of the tests needs the optional SDK of OpenTelemetry, which is 40 MB.
      const flags = ["--prefer-offline", "--ignore-scripts", "--no-optional"];
      await succeed([...pnpm, "add", ...flags, ...others, ...names.map(path)], project);
    },
    [Symbol.dispose]: () => rmSync(folder, { recursive: true }),
  };
}

/** Runs a command that must succeed, and resolves with its output. */
export async function succeed(
  command: readonly [string, ...string[]],
  cwd: string,
  env: Readonly<Record<string, string | undefined>> = {},
): Promise<string> {
  const { status, stdout, stderr } = await run(command, { cwd, env });
  assert.equal(status, 0, `${command.join(" ")}\n${stdout}${stderr}`);
  return stdout;
}

/** Reads a JSON file. */
export function readJson<Content>(...path: string[]): Content {
  return JSON.parse(readFileSync(join(...path), "utf8")) as Content;
}
