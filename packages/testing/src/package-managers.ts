/** The beginning of a command line of pnpm: the one that runs this program, or else the one that npm gets. */
export const pnpm = pnpmCommand(process.env["npm_execpath"]);

/** The beginning of a command line of npm. */
export const npm = npmCommand("npm");

function pnpmCommand(runner = ""): [string, ...string[]] {
  if (!/[\\/]pnpm[^\\/]*$/.test(runner)) {
    return [...npmCommand("npx"), "--yes", "pnpm@12"];
  }
  return /\.[cm]?js$/.test(runner) ? [process.execPath, runner] : [runner];
}

/** On Windows npm's programs are scripts, which only the shell runs. */
function npmCommand(program: string): [string, ...string[]] {
  return process.platform === "win32" ? ["cmd.exe", "/d", "/s", "/c", program] : [program];
}
