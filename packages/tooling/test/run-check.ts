import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Outcome, run } from "@hello/testing/program";

/**
 * Runs a check in a repository with the given files.
 *
 * @param script Name of a file in the folder src.
 */
export async function runCheck(script: string, files: Readonly<Record<string, string>>): Promise<Outcome> {
  const root = mkdtempSync(join(tmpdir(), "check-"));
  try {
    for (const [file, content] of Object.entries(files)) {
      mkdirSync(dirname(join(root, file)), { recursive: true });
      writeFileSync(join(root, file), content);
    }
    return await run([process.execPath, `--require=${require.resolve("tsx/cjs")}`, join(__dirname, "../src", script)], {
      cwd: root,
    });
  } finally {
    rmSync(root, { recursive: true });
  }
}
