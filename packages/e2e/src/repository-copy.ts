import assert from "node:assert/strict";
import { cpSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { pnpm } from "@hello/testing/package-managers";
import { type Outcome, run } from "@hello/testing/program";

/** Folder of the repository. */
export const root = fileURLToPath(new URL("../../../", import.meta.url));

/** Environment variables of commands in a copy. */
export const copyEnv: Readonly<Record<string, string | undefined>> = {
  CI: undefined,
  NO_COLOR: "1",
  NODE_TEST_CONTEXT: undefined,
  // Reuse what is already built in this repository.
  TURBO_CACHE_DIR: join(root, ".turbo/cache"),
  // Scripts then do not build first.
  TURBO_HASH: "copy",
  pnpm_config_verify_deps_before_run: undefined,
};

const generated =
  /^(node_modules|\.turbo|\.git|dist\.\d+|gen\.tmp|test-report\.xml|__pycache__|\.snippet-.*|\.first-change-.*)$/;

/** Copy of the repository with its dependencies, in which `pnpm gen` may change files. */
export class RepositoryCopy implements Disposable {
  readonly folder = mkdtempSync(join(tmpdir(), "hello-copy-"));

  private constructor() {
    cpSync(root, this.folder, { recursive: true, filter: (path) => !generated.test(basename(path)) });
  }

  /** Copies the repository and installs its dependencies. */
  static async create(): Promise<RepositoryCopy> {
    const copy = new RepositoryCopy();
    await copy.succeed([...pnpm, "install", "--prefer-offline"]);
    return copy;
  }

  /** Runs a command in the copy. */
  run(command: readonly [string, ...string[]]): Promise<Outcome> {
    return run(command, { cwd: this.folder, env: copyEnv });
  }

  /** Runs a command that must succeed, and resolves with its output. */
  async succeed(command: readonly [string, ...string[]]): Promise<string> {
    const { status, stdout, stderr } = await this.run(command);
    assert.equal(status, 0, `${command.join(" ")}\n${stdout}${stderr}`);
    return stdout;
  }

  /** Reads a file by its path in the repository. */
  read(file: string): string {
    return readFileSync(join(this.folder, file), "utf8");
  }

  [Symbol.dispose](): void {
    rmSync(this.folder, { recursive: true });
  }
}
