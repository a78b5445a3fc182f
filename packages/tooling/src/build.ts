/**
 * Builds the package in the current folder into dist/. Bundles each entry point of a library, because many small files
 * load slowly. Keeps the files of a package with programs separate, because the order of its imports matters.
 *
 * Replaces dist/ as a whole after a successful build: a failed build leaves it unchanged, and the output of deleted
 * sources does not remain.
 */
import { spawnSync } from "node:child_process";
import { readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { buildSync } from "esbuild";

interface Manifest {
  readonly type: "commonjs" | "module";
  readonly exports: Record<string, { readonly default: string }>;
  readonly bin?: unknown;
}

const { type, exports, bin }: Manifest = JSON.parse(readFileSync("package.json", "utf8"));
const isProgram = bin !== undefined;
const output = `dist.${process.pid}`;
try {
  const tsc = join(dirname(require.resolve("typescript/package.json")), "bin", "tsc");
  // `pnpm check` also checks the declarations of libraries.
  const options = ["-p", "tsconfig.build.json", "--outDir", output, "--noEmitOnError", "--skipLibCheck"];
  if (!isProgram) {
    options.push("--emitDeclarationOnly");
  }
  const { status } = spawnSync(process.execPath, [tsc, ...options], { stdio: "inherit" });
  process.exitCode = status ?? 1;
  if (status === 0 && !isProgram) {
    const entries = Object.values(exports).map((entry) => entry.default.replace(/^\.\/dist\/(.*)\.js$/, "$1"));
    buildSync({
      entryPoints: entries.map((entry) => `src/${entry}.ts`),
      outbase: "src",
      outdir: output,
      outExtension: { ".js": type === "module" ? ".js" : ".bundle.js" },
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
    if (type === "commonjs") {
      entries.forEach(writeEntry);
    }
  }
  if (status === 0) {
    rmSync("dist", { recursive: true, force: true });
    renameSync(output, "dist");
  }
} finally {
  rmSync(output, { recursive: true, force: true });
}

/**
 * Writes a CommonJS entry point that loads its bundle and names its exports. When an ES module imports a CommonJS file,
 * Node parses the whole file to find the exports, which is slow for a bundle.
 */
function writeEntry(entry: string): void {
  const names = Object.keys(require(resolve(output, `${entry}.bundle.js`)));
  writeFileSync(
    join(output, `${entry}.js`),
    `module.exports = require("./${basename(entry)}.bundle.js");\n0 && (module.exports = { ${names.join(", ")} });\n`,
  );
}
