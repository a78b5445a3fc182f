/**
 * Runs turbo with the arguments given, its telemetry off: no script of this repository talks to anything but the
 * package registry. After --quiet as the first argument, what turbo prints is shown only where it fails.
 */
import { spawnSync } from "node:child_process";

const args = process.argv.slice(2);
const quiet = args[0] === "--quiet";
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
