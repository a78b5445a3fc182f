/**
 * Runs every *.test.ts in the current folder and in src/ below it with node:test, or those whose path holds one of the
 * arguments, and writes test-report.xml. In CI a skipped test fails the run.
 *
 * Node 20's own test runner takes no glob, and Windows' shell expands none.
 */
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { join } from "node:path";

const report = "test-report.xml";
const wanted = process.argv.slice(2);
const files = readdirSync("src", { recursive: true, encoding: "utf8" })
  .map((file) => join("src", file).replaceAll("\\", "/"))
  .concat(readdirSync("."))
  .filter((file) => file.endsWith(".test.ts"))
  .filter((file) => wanted.length === 0 || wanted.some((part) => file.includes(part)))
  .sort();
if (files.length === 0) {
  console.error(`no test file matches ${wanted.join(" or ") || "*.test.ts"}`);
  process.exit(1);
}

rmSync(report, { force: true });
const { status } = spawnSync(
  process.execPath,
  [
    "--import=tsx",
    "--test",
    "--test-timeout=180000",
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
