// Bundles the programs in a project, with all that they import, once with each bundler:
// node bundle.mjs <project> <output> <program...>
// In one process, because rollup and vite share code that is slow until it has been compiled.
// Not TypeScript, because the types of rollup's plugins are wrong for ES modules.
import { join } from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build } from "esbuild";
import { rollup } from "rollup";
import { build as buildWithVite } from "vite";

const [project, output, ...names] = process.argv.slice(2);
const programs = names.map((name) => join(project, name));
const esbuild = { entryPoints: programs, bundle: true, platform: "node" };

await build({ ...esbuild, outdir: join(output, "esbuild-cjs"), format: "cjs", outExtension: { ".js": ".cjs" } });

await build({
  ...esbuild,
  outdir: join(output, "esbuild-esm"),
  format: "esm",
  outExtension: { ".js": ".mjs" },
  // Usual in bundles with CommonJS packages, such as grpc-js.
  banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
});

const plugins = [nodeResolve({ exportConditions: ["node"], preferBuiltins: true }), commonjs(), json()];
const bundle = await rollup({ input: programs, plugins, logLevel: "silent" });
await bundle.write({ dir: join(output, "rollup-esm"), format: "es", entryFileNames: "[name].mjs" });
await bundle.close();

await buildWithVite({
  root: project,
  configFile: false,
  logLevel: "error",
  ssr: { noExternal: true },
  build: {
    ssr: true,
    outDir: join(output, "vite-esm"),
    rolldownOptions: { input: programs, output: { entryFileNames: "[name].mjs" } },
  },
});
