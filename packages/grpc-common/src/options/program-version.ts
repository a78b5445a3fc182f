import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Returns the version in the package.json that is nearest to the program that runs, or "unknown". */
export function programVersion(program = process.argv[1]): string {
  let folder = program === undefined ? undefined : dirname(realPath(program));
  while (folder !== undefined) {
    try {
      const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8")) as { version?: string };
      return version ?? "unknown";
    } catch {
      // No package.json here, so the one above counts.
      folder = dirname(folder) === folder ? undefined : dirname(folder);
    }
  }
  return "unknown";
}

/** Follows links. The path may lack the extension: `node main` runs main.js. */
function realPath(program: string): string {
  try {
    return realpathSync(program);
  } catch {
    return program;
  }
}
