/**
 * Builds the package in the current folder and its dependencies, then runs `pnpm deploy` with the given arguments and
 * without development dependencies. `pnpm deploy` itself builds nothing. pnpm prefers a script named `deploy` to its own
 * command only if the root of the repository has one too.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const { INIT_CWD, npm_execpath: pnpm = "pnpm", npm_package_name: name = "" } = process.env;

if (existsSync("pnpm-workspace.yaml")) {
  console.error("no package to deploy: run pnpm --filter server deploy <folder>");
  process.exitCode = 1;
} else {
  const turbo = ["--require=tsx/cjs", join(__dirname, "turbo.ts"), "--quiet", "build", `--filter=${name}`];
  const { status } = spawnSync(process.execPath, turbo, { stdio: "inherit" });
  process.exitCode = status === 0 ? deploy(process.argv.slice(2)) : (status ?? 1);
}

/** Runs `pnpm deploy` in the user's folder, so that relative paths resolve there. Returns the exit status. */
function deploy(args: readonly string[]): number {
  const command = ["pm", "--filter", name, "deploy", "--prod", ...args];
  const { status, error } = spawnSync(pnpm, command, { cwd: INIT_CWD, stdio: "inherit" });
  if (error !== undefined) {
    console.error(error.message);
  }
  return status ?? 1;
}
