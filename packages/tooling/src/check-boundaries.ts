/**
 * Checks the boundaries between packages. Run it in the root of the repository.
 *
 * - A grpc-* package is independent of any service: it contains "hello" only in the names of packages that it may use.
 * - The sources of a package, except its tests, import only the packages that `allowedImports` lists.
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
  tooling: [],
};

const packages = readdirSync("packages");
const problems = [
  ...packages.filter((name) => name.startsWith("grpc-")).flatMap(findMentions),
  ...packages.flatMap(findForbiddenImports),
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
  return listFiles(`packages/${name}/src`)
    .filter((file) => /\.[cm]?[jt]s$/.test(file) && !file.endsWith(".test.ts"))
    .flatMap((file) =>
      readLines(file).flatMap(({ line, place }) => {
        const imported = findImportedPackage(file, line);
        return imported === undefined || imported === name || allowed.includes(imported)
          ? []
          : [`${place}: packages/${name} must not import packages/${imported}: ${line.trim()}`];
      }),
    );
}

/** Returns the folder name of the package in this repository that a line imports, by package name or by path. */
function findImportedPackage(file: string, line: string): string | undefined {
  const [, specifier = ""] = /\b(?:from|import|require|resolve)\b\s*\(?\s*["'`]([^"'`]+)["'`]/.exec(line) ?? [];
  const path = specifier.startsWith(".")
    ? posix.join(posix.dirname(file), specifier)
    : specifier.replace("@hello/", "packages/");
  return /^packages\/([^/]+)/.exec(path)?.[1];
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
