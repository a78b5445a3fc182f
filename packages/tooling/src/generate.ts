/**
 * Compiles every contract below protos/ of the package in the current folder into gen/, with grpc-tools. Downloads the
 * compiler if gen/ is out of date and the compiler is missing, or with --download.
 *
 * With --check, fails if gen/ is out of date. That needs neither the compiler nor the network: gen.sha256 has the
 * proof.
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
      throw new Error(`${(error as Error).message}\nSee docs/generated-code.md for other ways to get it.`);
    }
  }
  const protos = listProtos();
  replaceGen(protos);
  writeRecord();
  console.log(`gen/ now has what ${toolVersions()} write for ${protos.join(", ")}.`);
}

/** Replaces gen/ only once all of it is written. */
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
