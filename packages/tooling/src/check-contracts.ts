/**
 * Checks the contracts of the package in the current folder, or of all packages in the root of the repository:
 *
 * - gen/descriptors.binpb must equal the output of the official protoc for protos/.
 * - If there is a buf.yaml, `buf lint` must pass.
 * - If there is also a released.binpb, the contracts must be compatible with it.
 */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { listProtos } from "./contract-record.js";

const folders = existsSync("protos") ? ["."] : readdirSync("packages").map((name) => `packages/${name}`);
for (const folder of folders.filter((folder) => existsSync(`${folder}/protos`))) {
  for (const problem of findProblems(folder)) {
    console.error(folder === "." ? problem : `${folder}: ${problem}`);
    process.exitCode = 1;
  }
}

/** Finds problems. Each message contains a remedy. */
function findProblems(folder: string): string[] {
  const { descriptors, errors } = compile(folder);
  if (descriptors === undefined) {
    return [`protos/ does not compile. Fix these errors:\n${errors}`];
  }
  const problems: string[] = [];
  const committed = `${folder}/gen/descriptors.binpb`;
  if (!existsSync(committed) || !readFileSync(committed).equals(descriptors)) {
    problems.push(
      'gen/descriptors.binpb does not match protos/. Run "pnpm generate" and commit gen/ and gen.sha256, or undo the change with git.',
    );
  }
  if (existsSync(`${folder}/buf.yaml`)) {
    const style = buf(folder, "lint");
    if (style !== "") {
      problems.push(`Fix the style, or add an exception and its reason to buf.yaml:\n${style}`);
    }
    const broken = existsSync(`${folder}/released.binpb`) ? buf(folder, "breaking", "--against", "released.binpb") : "";
    if (broken !== "") {
      problems.push(
        `The contract is incompatible with the released one. Undo the change, and add fields or methods instead:\n${broken}`,
      );
    }
  }
  return problems;
}

/**
 * Compiles the contracts of a package with the protoc from npm. It cannot generate JavaScript, but needs no download.
 */
function compile(folder: string): { readonly descriptors?: Buffer; readonly errors: string } {
  const output = mkdtempSync(join(tmpdir(), "contracts-"));
  try {
    const file = join(output, "descriptors.binpb");
    const args = ["-I.", "--include_imports", `--descriptor_set_out=${file}`, ...listProtos(folder)];
    const { status, stderr } = spawnSync(process.execPath, [require.resolve("protoc/protoc.cjs"), ...args], {
      cwd: `${folder}/protos`,
      encoding: "utf8",
    });
    return status === 0 ? { descriptors: readFileSync(file), errors: "" } : { errors: stderr };
  } finally {
    rmSync(output, { recursive: true });
  }
}

/** Runs buf in a package. Returns its findings, or an empty string if there are none. */
function buf(folder: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [require.resolve("@bufbuild/buf/bin/buf"), ...args], {
    cwd: folder,
    encoding: "utf8",
  });
  return status === 0 ? "" : stdout + stderr;
}
