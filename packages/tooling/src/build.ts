/**
 * Compiles the package in the current folder into dist/, and replaces dist/ only once all of it is written: a failed
 * build leaves the old one, and a file whose source is gone leaves with the next.
 */
import { spawnSync } from "node:child_process";
import { renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";

const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
const output = `dist.${process.pid}`;
const { status } = spawnSync(
  process.execPath,
  [tsc, "-p", "tsconfig.build.json", "--outDir", output, "--noEmitOnError"],
  {
    stdio: "inherit",
  },
);
if (status === 0) {
  rmSync("dist", { recursive: true, force: true });
  renameSync(output, "dist");
} else {
  rmSync(output, { recursive: true, force: true });
  process.exitCode = status ?? 1;
}
