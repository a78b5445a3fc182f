/**
 * Runs every *.test.ts of the package in the current folder with node:test, or those whose path contains one of the
 * arguments, and writes test-report.xml. Builds what the package needs first, unless turbo has done so. In CI a skipped
 * test fails the run.
 *
 * Node 20's own test runner takes no glob, and Windows' shell expands none.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join } from "node:path";

const report = "test-report.xml";
const wanted = process.argv.slice(2);
const files = ["src", "test"]
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, encoding: "utf8" }).map((file) => join(folder, file)))
  .map((file) => file.replaceAll("\\", "/"))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(" or ") || "*.test.ts"}`);
  process.exit(1);
}
if (process.env["TURBO_HASH"] === undefined) {
  const turbo = [process.execPath, "--import=tsx", join(__dirname, "turbo.ts"), "--quiet", "build"] as const;
  const { status } = spawnSync(turbo[0], turbo.slice(1), { stdio: "inherit" });
  if (status !== 0) {
    process.exit(status ?? 1);
  }
}

rmSync(report, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    "--import=tsx",
    "--test",
    "--test-timeout=600000",
    // Tests wait more than they compute.
    `--test-concurrency=${availableParallelism()}`,
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
  console.error(`${skipped} skipped; in CI every test must run`);
  process.exitCode = 1;
}
