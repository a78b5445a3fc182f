/** gen.sha256: hashes of the contracts and the generated files of the package in the current folder. */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { toolVersions } from "./compiler.js";

const record = "gen.sha256";

/** Lists the contracts of a package in the order of compilation, with paths relative to protos/. */
export function listProtos(folder = "."): string[] {
  return listFiles(`${folder}/protos`, /\.proto$/);
}

/** Writes the record of the current contracts and generated files. */
export function writeRecord(): void {
  writeFileSync(record, currentRecord());
}

/** Describes the differences between the record and the files. Returns an empty list if gen/ is up to date. */
export function findChanges(): string[] {
  if (!existsSync(record)) {
    return [`${record} is missing`];
  }
  const recorded = readFileSync(record, "utf8");
  const current = currentRecord();
  if (recorded === current) {
    return [];
  }
  const before = parse(recorded);
  const now = parse(current);
  const changes = [...new Set([...before.keys(), ...now.keys()])]
    .sort()
    .filter((file) => before.get(file) !== now.get(file))
    .map((file) => `${file} ${!before.has(file) ? "is new" : now.has(file) ? "has changed" : "is missing"}`);
  return changes.length > 0 ? changes : [`${record} was not written by ${toolVersions()}`];
}

/** Formats the record for `sha256sum --check`. */
function currentRecord(): string {
  const files = [
    ...listFiles("gen", /_pb\.(js|d\.ts)$|\.binpb$|^package\.json$/).map((file) => `gen/${file}`),
    ...listProtos().map((file) => `protos/${file}`),
  ];
  const lines = files.map((file) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${file}`);
  return `# ${toolVersions()}\n${lines.join("\n")}\n`;
}

/** Parses a record into a map from files to hashes. */
function parse(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^(\w+) {2}(.+)$/gm)].map(([, hash = "", file = ""]) => [file, hash]));
}

/** Lists the files in a folder by relative path, sorted, without hidden files, which editors leave behind. */
function listFiles(folder: string, pattern: RegExp): string[] {
  return (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [])
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => pattern.test(file) && !/(^|\/)\./.test(file))
    .sort();
}
