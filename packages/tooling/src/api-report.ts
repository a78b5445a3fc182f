/**
 * Writes the public types of the package in the current folder to api.md, so that changes of the public API show in
 * review. With --check, fails if api.md is out of date.
 *
 * The report contains the exported declarations and those that they refer to, without comments.
 */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";

const report = "api.md";

/** Top-level declaration of a file. */
interface Declaration {
  readonly name: string;
  readonly text: string;
}

const declarations: Declaration[] = [];
/** Package of each imported name. */
const imported = new Map<string, string>();
const seen = new Set<string>();

/** Collects the declarations of a file and of the files that it imports. */
function collect(file: string): void {
  if (seen.has(file)) {
    return;
  }
  seen.add(file);
  const text = readFileSync(file, "utf8")
    .replace(/^\s*\/\*\*.*?\*\/\n/gms, "")
    .replace(/^\/\/#.*\n?/gm, "");
  // Only statements and closing brackets start in the first column.
  for (const statement of text.split(/\n(?=[a-z])/)) {
    const [, source] = /^(?:import|export) .*?from "([^"]+)";?$/s.exec(statement.trim()) ?? [];
    if (source === undefined) {
      const [, name] = /(?:namespace|interface|type|class|const|function|enum) (\w+)/.exec(statement) ?? [];
      declarations.push({ name: name ?? "", text: statement.trim() });
    } else if (source.startsWith(".")) {
      // Generated files import each other without an extension.
      collect(join(dirname(file), `${source.replace(/\.js$/, "")}.d.ts`));
    } else {
      for (const [name] of statement.replace(/from .*|\b(?:import|type)\b/gs, "").matchAll(/\w+/g)) {
        imported.set(name, source);
      }
    }
  }
}

/** Returns the names that a file exports. */
function findExports(file: string): string[] {
  const text = readFileSync(file, "utf8");
  const declared = [...text.matchAll(/^export (?:declare )?(?:interface|type|class|const|function|enum) (\w+)/gm)];
  const listed = [...text.matchAll(/^export (?:type )?\{([^}]*)\}/gm)].flatMap(([, names = ""]) => names.split(","));
  const starred = [...text.matchAll(/^export \* from "(\.[^"]+)"/gm)].flatMap(([, source = ""]) =>
    findExports(join(dirname(file), source.replace(/\.js$/, ".d.ts"))),
  );
  const packages = [...text.matchAll(/^export type \* from "([^".]+)"/gm)].map(
    ([, source]) => `all types of ${source}`,
  );
  return [
    ...declared.map(([, name = ""]) => name),
    ...listed.map((name) => name.replace("type ", "").trim()),
    ...starred,
    ...packages,
  ]
    .filter((name) => name !== "")
    .toSorted();
}

interface Manifest {
  readonly name: string;
  readonly exports: Readonly<Record<string, { readonly types: string }>>;
}

const { name, exports } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const exported = Object.entries(exports).map(([path, { types }]) => {
  const file = join(types);
  collect(file);
  return { entry: join(name, path).replaceAll("\\", "/"), names: findExports(file) };
});

const needed = new Set<string>(exported.flatMap(({ names }) => names));
const packages = new Set<string>();
// Names in a needed declaration, except those of its properties, are added to the set while the loop runs over it.
for (const name of needed) {
  for (const { text } of declarations.filter((declaration) => declaration.name === name)) {
    for (const [word] of text.matchAll(/\b[A-Za-z]\w*\b(?!\??[:(])/g)) {
      const source = imported.get(word);
      if (source !== undefined) {
        packages.add(source);
      }
      if (declarations.some((declaration) => declaration.name === word)) {
        needed.add(word);
      }
    }
  }
}

const command = `pnpm --filter ${name} api`;
const text = `# Public types of ${name}

Written by \`${command}\`. A change in this file affects every user of the package.

${exported.map(({ entry, names }) => `Exported by \`${entry}\`: ${names.join(", ")}.`).join("\n\n")}

Types from other packages: ${[...packages].sort().join(", ") || "none"}.

\`\`\`ts
${declarations
  .filter((declaration) => needed.has(declaration.name))
  .toSorted((a, b) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0))
  .map((declaration) => declaration.text.replaceAll("    ", "  "))
  .join("\n\n")}
\`\`\`
`;

if (!process.argv.includes("--check")) {
  writeFileSync(report, text);
} else if (!existsSync(report) || readFileSync(report, "utf8").replaceAll("\r\n", "\n") !== text) {
  console.error(`${report} is out of date: run "${command}" and review the difference`);
  process.exitCode = 1;
}
