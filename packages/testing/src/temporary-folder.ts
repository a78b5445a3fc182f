import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Creates a folder whose path leaves room for the name of a Unix domain socket, however long that of TMPDIR is. */
export function makeTemporaryFolder(prefix: string): Promise<string> {
  const parent = process.platform !== "win32" && tmpdir().length > 60 ? "/tmp" : tmpdir();
  return mkdtemp(join(parent, prefix));
}
