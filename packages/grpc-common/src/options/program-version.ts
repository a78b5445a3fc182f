import { readFileSync, realpathSync } from "node:fs";
import { dirname, join } from "node:path";

/** Returns the version in the package.json that is nearest to the program that runs, or "unknown". */
export function programVersion(program = process.argv[1]): string {
  let folder = program === undefined ? undefined : dirname(realpathSync(program));
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
