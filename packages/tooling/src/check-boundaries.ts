/**
 * Checks the walls between packages, from the root of the repository:
 *
 * - A grpc-* package is for any service: it says "hello" only in the names of packages that it may use.
 * - What a package publishes imports only the packages that `arrows` allows.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs";
import { posix } from "node:path";

/** Packages that the sources of each package may import. Any, if a package is not listed. */
const arrows: Readonly<Record<string, readonly string[]>> = {
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

/** Finds the lines of a grpc-* package that say "hello". */
function findMentions(name: string): string[] {
  return ["src", "test", "protos", "README.md", "package.json"]
    .flatMap((part) => listFiles(`packages/${name}/${part}`))
    .flatMap((file) =>
      readLines(file)
        .filter(({ line }) => /hello/i.test(line.replace(/@hello\/(grpc-\w+|testing|tooling)\b/g, "")))
        .map(({ line, place }) => `${place}: a grpc-* package must not mention "hello": ${line.trim()}`),
    );
}

/** Finds the lines in the sources of a package, tests aside, that import a package which the arrows do not lead to. */
function findForbiddenImports(name: string): string[] {
  const allowed = arrows[name];
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

/** Returns the folder of the package of this repository that a line imports, by its name or by a path. */
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
