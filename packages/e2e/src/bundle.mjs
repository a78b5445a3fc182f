// Bundles the programs in a project, with all that they import: node bundle.mjs <form> <project> <output> <program...>
// Not TypeScript, because the types of rollup's plugins are wrong for ES modules.
import { join } from "node:path";
import commonjs from "@rollup/plugin-commonjs";
import json from "@rollup/plugin-json";
import { nodeResolve } from "@rollup/plugin-node-resolve";
import { build } from "esbuild";
import { rollup } from "rollup";
import { build as buildWithVite } from "vite";

const [form, project, output, ...names] = process.argv.slice(2);
const programs = names.map((name) => join(project, name));
const esbuild = { entryPoints: programs, outdir: output, bundle: true, platform: "node" };

const bundlers = {
  "esbuild-cjs": () => build({ ...esbuild, format: "cjs", outExtension: { ".js": ".cjs" } }),

  "esbuild-esm": () =>
    build({
      ...esbuild,
      format: "esm",
      outExtension: { ".js": ".mjs" },
      // Usual in bundles with CommonJS packages, such as grpc-js.
      banner: { js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);' },
    }),

  "rollup-esm": async () => {
    const plugins = [nodeResolve({ exportConditions: ["node"], preferBuiltins: true }), commonjs(), json()];
    const bundle = await rollup({ input: programs, plugins, logLevel: "silent" });
    await bundle.write({ dir: output, format: "es", entryFileNames: "[name].mjs" });
    await bundle.close();
  },

  "vite-esm": () =>
    buildWithVite({
      root: project,
      configFile: false,
      logLevel: "error",
      ssr: { noExternal: true },
      build: {
        ssr: true,
        outDir: output,
        rollupOptions: { input: programs, output: { entryFileNames: "[name].mjs" } },
      },
    }),
};
await bundlers[form]();
