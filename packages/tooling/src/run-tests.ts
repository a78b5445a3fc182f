/**
 * Runs the *.test.ts files of the package in the current folder with node:test, and writes test-report.xml. Arguments
 * select the files whose path contains one of them. Builds the dependencies of the package first, unless turbo has done
 * so. In CI, a skipped test fails the run.
 *
 * Lists the files itself, because Node 20 expands no globs, and neither does the shell of Windows.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const report = "test-report.xml";
const pathParts = process.argv.slice(2);
const files = ["src", "test"]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => pathParts.length === 0 || pathParts.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${pathParts.join(" or ") || "*.test.ts"}`);
  process.exit(1);
}
if (process.env["TURBO_HASH"] === undefined) {
  const turbo = [process.execPath, "--import=tsx", join(__dirname, "turbo.ts"), "--quiet", "build"] as const;
  const { status } = spawnSync(turbo[0], turbo.slice(1), { stdio: "inherit" });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

const { type } = JSON.parse(readFileSync("package.json", "utf8")) as { readonly type: "commonjs" | "module" };
rmSync(report, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    // Loading ES modules with tsx takes longer to start.
    type === "module" ? "--import=tsx" : "--require=tsx/cjs",
    "--test",
    "--test-timeout=600000",
    // Tests spend more time waiting than computing.
    `--test-concurrency=${2 * availableParallelism()}`,
    "--test-reporter=spec",
    "--test-reporter-destination=stdout",
    "--test-reporter=junit",
    `--test-reporter-destination=${report}`,
    ...files,
  ],
  { stdio: "inherit" },
);
process.exitCode = status ?? 1;

const skipped = existsSync(report) ? readFileSync(report, "utf8").split("<skipped ").length - 1 : 0;
if (skipped > 0 && process.env["CI"]) {
  console.error(`${skipped} skipped tests: in CI, every test must run`);
  process.exitCode = 1;
}
