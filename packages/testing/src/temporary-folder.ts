import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

/** Creates a temporary folder. Its path is short enough for Unix domain sockets in it, even if TMPDIR is long. */
export function makeTemporaryFolder(prefix: string): Promise<string> {
  const parent = process.platform !== "win32" && tmpdir().length > 60 ? "/tmp" : tmpdir();
  return mkdtemp(join(parent, prefix));
}
