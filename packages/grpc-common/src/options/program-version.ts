import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Returns the version in the package.json nearest to the running program, or "unknown". */
export function readProgramVersion(program = process.argv[1]): string {
  let folder = program === undefined ? undefined : dirname(realPath(program));
  while (folder !== undefined) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version?: string };
      return version ?? "unknown";
    } catch {
      // No package.json in this folder: try the parent folder.
      folder = dirname(folder) === folder ? undefined : dirname(folder);
    }
  }
  return "unknown";
}

/** Resolves links. Returns the path unchanged if no such file exists: `node main` runs main.js. */
function realPath(program: string): string {
  try {
    return realpathSync(program);
  } catch {
    return program;
  }
}
