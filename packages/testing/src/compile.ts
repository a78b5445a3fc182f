import { readFileSync, rmSync } from "node:fs";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, relative } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { build, type Plugin } from "esbuild";

/** Plugin that leaves modules other than TypeScript to Node, by the path that they have for the importing file. */
const externalModules: Plugin = {
  name: "external modules",
  setup({ initialOptions, onResolve, resolve }) {
    onResolve({ filter: /./ }, async ({ path, resolveDir, kind, pluginData }) => {
      if (kind === "entry-point" || pluginData === externalModules || path.startsWith("node:")) {
        return undefined;
      }
      const module = await resolve(path, { resolveDir, kind, pluginData: externalModules });
      if (module.errors.length > 0 || module.path.endsWith(".ts")) {
        return module;
      }
      return { path: initialOptions.format === "esm" ? pathToFileURL(module.path).href : module.path, external: true };
    });
  },
};

/** Plugin that declares `sourceUrl` and `sourceFolder`, the URL and the folder of its source, in each module. */
const sourcePaths: Plugin = {
  name: "source paths",
  setup({ onLoad }) {
    onLoad({ filter: /\.ts$/ }, ({ path }) => {
      const [url, folder] = [pathToFileURL(path).href, dirname(path)].map((value) => JSON.stringify(value));
      const contents = `const sourceUrl = ${url}, sourceFolder = ${folder}; ${readFileSync(path, "utf8")}`;
      return { contents, loader: "ts" };
    });
  },
};

/**
 * Compiles modules written in TypeScript, each with the TypeScript that it imports, into one file each. Node starts these
 * much faster than it loads the sources through tsx. Resolves with the paths of the compiled files.
 *
 * @param base Folder of the sources.
 * @param folder Folder of the compiled files, which have the same relative paths in it as the sources in `base`.
 * @param type Module system of the package that contains the sources.
 */
export async function compile(
  files: readonly string[],
  base: string,
  folder: string,
  type: "commonjs" | "module" = "module",
): Promise<string[]> {
  const extension = type === "module" ? ".mjs" : ".cjs";
  await build({
    entryPoints: [...files],
    outdir: folder,
    outbase: base,
    outExtension: { ".js": extension },
    bundle: true,
    format: type === "module" ? "esm" : "cjs",
    platform: "node",
    target: "node20",
    conditions: [],
    mainFields: ["main"],
    define: { "import.meta.url": "sourceUrl", __dirname: "sourceFolder" },
    sourcemap: "inline",
    logLevel: "warning",
    plugins: [externalModules, sourcePaths],
  });
  return files.map((file) => join(folder, relative(base, file).replace(/\.ts$/, extension)));
}

const programs = new Map<string, Promise<string>>();

/** Compiles a program, once in each process. Resolves with its path, which exists until the process exits. */
export function compileProgram(source: URL): Promise<string> {
  const compiled = programs.get(source.href) ?? compileIntoTemporaryFolder(fileURLToPath(source));
  programs.set(source.href, compiled);
  return compiled;
}

async function compileIntoTemporaryFolder(source: string): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "program-"));
  process.once("exit", () => rmSync(folder, { recursive: true }));
  const [compiled = ""] = await compile([source], dirname(source), folder);
  return compiled;
}
