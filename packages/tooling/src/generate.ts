/**
 * Compiles the contracts in protos/ of the package in the current folder into gen/ with grpc-tools. Downloads the
 * compiler if it is missing and gen/ is out of date, or if --download is set.
 *
 * With --check, fails if gen/ is out of date. The check compares hashes with gen.sha256, without compiler or network.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { compile, compilerInstalled, downloadCompiler, toolVersions } from "./compiler.js";
import { findChanges, listProtos, writeRecord } from "./contract-record.js";

const { values: flags } = parseArgs({
  options: { check: { type: "boolean", default: false }, download: { type: "boolean", default: false } },
});

try {
  if (flags.check) {
    check();
  } else {
    generate();
  }
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}

function check(): void {
  const changes = findChanges();
  if (changes.length > 0) {
    const more = changes.splice(5).length;
    throw new Error(
      `gen/ is out of date: ${changes.join(", ")}${more > 0 ? ` and ${more} more` : ""}.\n` +
        `Run "pnpm generate" and commit gen/ and gen.sha256, or undo the change with git.`,
    );
  }
}

function generate(): void {
  if (flags.download || !compilerInstalled()) {
    if (!flags.download && findChanges().length === 0) {
      console.log("gen/ is up to date.");
      return;
    }
    try {
      downloadCompiler();
    } catch (error) {
      throw new Error(`${(error as Error).message}\nSee docs/generated-code.md for other ways to install it.`);
    }
  }
  const protos = listProtos();
  replaceGen(protos);
  writeRecord();
  console.log(`Compiled ${protos.join(", ")} to gen/ with ${toolVersions()}.`);
}

/** Compiles the contracts, and replaces gen/ if that succeeds. */
function replaceGen(protos: readonly string[]): void {
  const output = "gen.tmp";
  rmSync(output, { recursive: true, force: true });
  mkdirSync(output);
  try {
    compile(protos, output);
    const { type } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly type?: string };
    if (type === "module") {
      // The generated code is CommonJS.
      writeFileSync(`${output}/package.json`, '{ "type": "commonjs" }\n');
    }
  } catch (error) {
    rmSync(output, { recursive: true });
    throw new Error(`${(error as Error).message}; gen/ is unchanged`);
  }
  rmSync("gen", { recursive: true, force: true });
  renameSync(output, "gen");
}
