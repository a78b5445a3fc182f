/**
 * Runs turbo with the given arguments and without telemetry: the scripts of this repository contact only the package
 * registry. If the first argument is --quiet, prints the output of turbo only on failure, and does nothing in a task of
 * turbo, which has built what the task depends on.
 */
import { spawnSync } from "node:child_process";

const args = process.argv.slice(2);
const quiet = args[0] === "--quiet";
if (!quiet || process.env["TURBO_HASH"] === undefined) {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [require.resolve("turbo/bin/turbo"), "run", ...args.slice(quiet ? 1 : 0)],
    { env: { ...process.env, TURBO_TELEMETRY_DISABLED: "1" }, stdio: quiet ? "pipe" : "inherit" },
  );
  if (quiet && status !== 0) {
    process.stderr.write(stdout);
    process.stderr.write(stderr);
  }
  process.exitCode = status ?? 1;
}
