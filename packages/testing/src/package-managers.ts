/** Command that runs npm. */
export const npm = npmCommand("npm");

/** Command that runs npx. */
export const npx = npmCommand("npx");

/** Command that runs pnpm: the pnpm that runs this program, or else pnpm 12 through npx. */
export const pnpm = pnpmCommand(process.env["npm_execpath"]);

function pnpmCommand(execPath = ""): [string, ...string[]] {
  if (!/[\\/]pnpm[^\\/]*$/.test(execPath)) {
    return [...npx, "--yes", "pnpm@12"];
  }
  // By name, because a program that is started by the path of Node counts as one that downloads nothing.
  return /\.[cm]?js$/.test(execPath) ? ["node", execPath] : [execPath];
}

/** Returns the command for a program of npm. On Windows these are scripts, which only a shell can run. */
function npmCommand(program: string): [string, ...string[]] {
  return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", program] : [program];
}
