/**
 * Builds the package in the current folder into dist/: a bundle for each of its entry points, as many small files would
 * double the time that a program takes to start, and the declarations. It replaces dist/ only once all of it is written: a
 * failed build leaves the old one, and a file whose source is gone leaves with the next.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { buildSync } from "esbuild";

interface Manifest {
  readonly type: "commonjs" | "module";
  readonly exports: Record<string, { readonly default: string }>;
  readonly bin?: Record<string, string>;
}

const { type, exports, bin = {} }: Manifest = JSON.parse(readFileSync("package.json", "utf8"));
const entries = [...Object.values(exports).map((entry) => entry.default), ...Object.values(bin)];
const output = `dist.${process.pid}`;
try {
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  const declarations = ["-p", "tsconfig.build.json", "--outDir", output, "--emitDeclarationOnly", "--noEmitOnError"];
  const { status } = spawnSync(process.execPath, [tsc, ...declarations], { stdio: "inherit" });
  process.exitCode = status ?? 1;
  if (status === 0) {
    buildSync({
      entryPoints: entries.map((entry) => entry.replace(/^\.\/dist\/(.*)\.js$/, "src/$1.ts")),
      outbase: "src",
      outdir: output,
      bundle: true,
      splitting: type === "module",
      format: type === "module" ? "esm" : "cjs",
      platform: "node",
      target: "node20",
      packages: "external",
      external: ["../gen/*"],
      sourcemap: true,
      logLevel: "warning",
    });
    rmSync("dist", { recursive: true, force: true });
    renameSync(output, "dist");
  }
} finally {
  rmSync(output, { recursive: true, force: true });
}
