/**
 * Checks the boundaries between packages. Run it in the root of the repository.
 *
 * - A grpc-* package is independent of any service: it contains "hello" only in the names of packages that it may use.
 * - The sources of a package, except its tests, import only the packages that `allowedImports` lists.
 * - The folders of a package's sources do not import each other in a circle, not even types.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";

/** Packages that the sources of each package may import. A package without an entry may import any. */
const allowedImports: Readonly<Record<string, readonly string[]>> = {
  server: ["grpc-server", "proto"],
  client: ["grpc-client", "proto"],
  "grpc-server": ["grpc-common"],
  "grpc-client": ["grpc-common"],
  "grpc-common": [],
  proto: [],
  testing: [],
  tooling: ["testing"],
};

const packages = readdirSync("packages");
const problems = [
  ...packages.filter((name) => name.startsWith("grpc-")).flatMap(findMentions),
  ...packages.flatMap(findForbiddenImports),
  ...packages.flatMap(findCircle),
];
for (const problem of problems) {
  console.error(problem);
  process.exitCode = 1;
}

/** Finds the lines of a grpc-* package that contain "hello". */
function findMentions(name: string): string[] {
  return ["src", "test", "protos", "README.md", "package.json"]
    .flatMap((part) => listFiles(`packages/${name}/${part}`))
    .flatMap((file) =>
      readLines(file)
        .filter(({ line }) => /hello/i.test(line.replace(/@hello\/(grpc-\w+|testing|tooling)\b/g, "")))
        .map(({ line, place }) => `${place}: a grpc-* package must not mention "hello": ${line.trim()}`),
    );
}

/** Finds the lines in the sources of a package, except its tests, that import a package that is not allowed. */
function findForbiddenImports(name: string): string[] {
  const allowed = allowedImports[name];
  if (allowed === undefined) {
    return [];
  }
  return listSources(name).flatMap((file) =>
    readLines(file).flatMap(({ line, place }) => {
      const [, imported] = /^packages\/([^/]+)/.exec(findImportedPath(file, line)) ?? [];
      return imported === undefined || imported === name || allowed.includes(imported)
        ? []
        : [`${place}: packages/${name} must not import packages/${imported}: ${line.trim()}`];
    }),
  );
}

/** Finds folders in the sources of a package, except its tests, that import each other in a circle. */
function findCircle(name: string): string[] {
  const sources = listSources(name);
  /** Place of an import by importing and imported folder. A file that is in no folder counts as a folder. */
  const imports = new Map<string, Map<string, string>>();
  const folder = new RegExp(`^packages/${name}/src/([^/]+?)(?:\\.[jt]s|/|$)`);
  for (const file of sources) {
    const [, from = ""] = folder.exec(file) ?? [];
    const imported = imports.get(from) ?? new Map<string, string>();
    imports.set(from, imported);
    for (const { line, place } of readLines(file)) {
      const path = findImportedPath(file, line);
      const [, to = from] = folder.exec(path) ?? [];
      // A file that does not exist is imported by code that a generator writes.
      if (to !== from && !imported.has(to) && sources.includes(path.replace(/\.js$/, ".ts"))) {
        imported.set(to, place);
      }
    }
  }

  const finished = new Set<string>();
  const follow = (path: readonly string[]): string[] => {
    const last = path.at(-1) ?? "";
    const start = path.indexOf(last);
    if (start < path.length - 1) {
      const places = path.slice(start, -1).map((from, index) => imports.get(from)?.get(path[start + index + 1] ?? ""));
      return [`packages/${name}/src: folders import each other: ${path.slice(start).join(", ")}: ${places.join(", ")}`];
    }
    const problems = finished.has(last)
      ? []
      : [...(imports.get(last)?.keys() ?? [])].flatMap((next) => follow([...path, next])).slice(0, 1);
    finished.add(last);
    return problems;
  };
  return [...imports.keys()].flatMap((from) => follow([from])).slice(0, 1);
}

/** Returns the path of the package or file in this repository that a line imports. */
function findImportedPath(file: string, line: string): string {
  const [, specifier = ""] = /\b(?:from|import|require|resolve)\b\s*\(?\s*["'`]([^"'`]+)["'`]/.exec(line) ?? [];
  return specifier.startsWith(".")
    ? posix.join(posix.dirname(file), specifier)
    : specifier.replace("@hello/", "packages/");
}

/** Lists the source files of a package, except its tests. */
function listSources(name: string): string[] {
  return listFiles(`packages/${name}/src`).filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.endsWith(".test.ts"));
}

function listFiles(path: string): string[] {
  if (!existsSync(path)) {
    return [];
  }
  return statSync(path).isFile() ? [path] : readdirSync(path).flatMap((name) => listFiles(posix.join(path, name)));
}

function readLines(file: string): { readonly line: string; readonly place: string }[] {
  return readFileSync(file, "utf8")
    .split("\n")
    .map((line, index) => ({ line, place: `${file}:${index + 1}` }));
}
