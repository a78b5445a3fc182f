/**
 * gen.sha256: the hash of every contract in the current folder's package and of every file that was compiled from them.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { toolVersions } from "./compiler.js";

const record = "gen.sha256";

/** Lists the contracts of a package by their paths below its protos/, in the order in which they are compiled. */
export function listProtos(folder = "."): string[] {
  return listFiles(`${folder}/protos`, /\.proto$/);
}

/** Writes the record of the contracts and generated files as they are. */
export function writeRecord(): void {
  writeFileSync(record, currentRecord());
}

/** Describes each difference between the record and the files in a few words. Empty if gen/ is up to date. */
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
  return changes.length > 0 ? changes : [`${record} is not of ${toolVersions()}`];
}

/** Formats the record as `sha256sum --check` reads it. */
function currentRecord(): string {
  const files = [
    ...listFiles("gen", /_pb\.(js|d\.ts)$|\.binpb$|^package\.json$/).map((file) => `gen/${file}`),
    ...listProtos().map((file) => `protos/${file}`),
  ];
  const lines = files.map((file) => `${createHash("sha256").update(readFileSync(file)).digest("hex")}  ${file}`);
  return `# ${toolVersions()}\n${lines.join("\n")}\n`;
}

/** Maps the files of a record to their hashes. */
function parse(text: string): Map<string, string> {
  return new Map([...text.matchAll(/^(\w+) {2}(.+)$/gm)].map(([, hash = "", file = ""]) => [file, hash]));
}

/** Lists files by their sorted paths below a folder, without hidden ones, which editors and desktops leave behind. */
function listFiles(folder: string, pattern: RegExp): string[] {
  return (existsSync(folder) ? readdirSync(folder, { recursive: true, encoding: "utf8" }) : [])
    .map((file) => file.replaceAll("\\", "/"))
    .filter((file) => pattern.test(file) && !/(^|\/)\./.test(file))
    .sort();
}
