/**
 * Builds the package in the current folder and all that it depends on, then runs pnpm's own deploy with the arguments
 * given, without development dependencies. A script by the name of deploy takes precedence over pnpm's command, which
 * builds nothing, if the root of the repository has one too.
 */
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";

const { INIT_CWD, npm_execpath: pnpm = "pnpm", npm_package_name: name = "" } = process.env;

if (existsSync("pnpm-workspace.yaml")) {
  console.error("name the package to deploy: pnpm --filter server deploy <folder>");
  process.exitCode = 1;
} else {
  const turbo = ["--import=tsx", join(__dirname, "turbo.ts"), "--quiet", "build", `--filter=${name}`];
  const { status } = spawnSync(process.execPath, turbo, { stdio: "inherit" });
  process.exitCode = status === 0 ? deploy(process.argv.slice(2)) : (status ?? 1);
}

/** Runs pnpm's command where the user is, so that a relative path means what it says. Returns the exit status. */
function deploy(args: readonly string[]): number {
  const command = ["pm", "--filter", name, "deploy", "--prod", ...args];
  const { status, error } = spawnSync(pnpm, command, { cwd: INIT_CWD, stdio: "inherit" });
  if (error !== undefined) {
    console.error(error.message);
  }
  return status ?? 1;
}
