import { readdirSync } from "node:fs";
import { posix } from "node:path";

const skipped = /^(?:\..+|node_modules|dist|gen|fixtures|turbo)$/;

/** Lists the files below a folder that people write, with the folder in their paths. */
export function listFiles(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .filter(({ name }) => !skipped.test(name))
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .flatMap((entry) => {
      const path = posix.join(folder, entry.name);
      return entry.isDirectory() ? listFiles(path) : [path];
    });
}
